// What the widget `popup` is told by the server (server/heimta/rules/contents/popup.py), texts and `labels` filled in.
import type { Text } from '../../../snippet/src/types.ts'
import type { Layout } from '../shell.ts'

export interface PopupContent {
  widget: 'popup'
  title: Text
  body: Text
  show_cart: boolean
  layout: Layout
  accept: Text
  decline: Text
  /** the main button asks for something: a code (claims), or that an address be kept; else it leads to the checkout */
  asks?: boolean
  claims?: boolean
  /** what stands between the words and the answers, in its order; the plain build knows the cart alone */
  blocks: Block[]
  /** close, total, more ("and {n} more"), copy, copied, applied, not_applied, checkout, working, failed, expires ("valid until {time}"); thanks, over, agree, email, phone, odds */
  labels: Record<string, Text>
}

/** d: the path of an icon of 24 by 24, strokes only */
export interface Item {
  d: string
  text: Text
}

export interface Field {
  block: 'field'
  name: 'email' | 'phone'
  /** of the input, and what the browser may fill it with */
  type: 'email' | 'tel'
  pattern: string
  /** what the shopper asks for: their cart by mail, or news */
  wants: 'cart' | 'news'
  label: Text
  required: boolean
  /** what they agree to */
  consent: Text
  version: string
}

export interface Frame {
  block: 'html'
  html: string
  title: Text
  height: number
}

export interface Reveal {
  block: 'reveal'
  /** odds: percent */
  prizes: { odds: number; text: Text }[]
}

export type Block =
  | { block: 'cart' | 'countdown' }
  | Reveal
  | { block: 'text' | 'offer'; text: Text }
  | { block: 'picture'; src: string; alt: Text; width: number; height: number }
  | { block: 'list' | 'reassurance'; items: Item[] }
  | Field
  | Frame
