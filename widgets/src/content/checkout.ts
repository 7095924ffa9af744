// What the widget `checkout` is told by the server (server/heimta/rules/contents/checkout.py), texts and `labels` filled in.
import type { Text } from '../../../snippet/src/types.ts'

export interface CheckoutContent {
  widget: 'checkout'
  hide: string[]
  progress_before: string
  /** missing ("{money} to free shipping"), reached */
  labels: Record<string, Text>
}
