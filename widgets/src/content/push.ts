// What the widget `push` is told by the server (server/heimta/rules/contents/push.py), texts and `labels` filled in.
import type { Text } from '../../../snippet/src/types.ts'

export interface PushContent {
  widget: 'push'
  title: Text
  body: Text
  yes: Text
  no: Text
  /** done, blocked, failed; for the Home Screen: home, share (with {icon}), add, open, got */
  labels: Record<string, Text>
}
