// What the widget `popup` is told by the server (server/heimta/rules/contents/popup.py), texts and `labels` filled in.
import type { Text } from '../../../snippet/src/types.ts'

export interface PopupContent {
  widget: 'popup'
  title: Text
  body: Text
  show_cart: boolean
  layout: 'modal' | 'corner'
  accept: Text
  decline: Text
  /** close, total, more ("and {n} more"), copy, copied, applied, not_applied, checkout, working, failed, expires ("valid until {time}") */
  labels: Record<string, Text>
}
