// What the decision may look at: everything that is known at the instant of a signal. Made in show.ts.
import type { Visitor } from './storage.ts'

export interface Facts {
  now: number
  record: Visitor
  /** the shop's currency */
  currency: string
  /** of the page, without query */
  path: string
  device: 'pointer' | 'touch'
  lang: string
  /** the merchant's own visit: never held out */
  preview: boolean
  /** a field with text in it has the focus */
  typing: boolean
  /** something interrupted on this page view already, or is still open */
  busy: boolean
  /** campaigns exposed on this page view */
  here: Set<string>
  /** widgets that are here and can work in this browser */
  ready(widget: string): boolean
}
