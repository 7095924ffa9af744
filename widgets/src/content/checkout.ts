// What the widget `checkout` is told by the server (server/heimta/rules/contents/checkout.py), texts and `labels` filled
// in. What is left out is off.
import type { Text } from '../../../snippet/src/types.ts'

/** When parcels leave and arrive, for the coming weeks. Computed by server/heimta/rules/delivery.py. */
export interface Delivery {
  /** CSS: it goes before this element; '': after the pay button */
  before: string
  /** IANA name of the shop's timezone */
  zone: string
  /** days since 1970 of the first digit of `days` */
  start: number
  /** a digit a day: 1 parcels leave, 2 parcels arrive, 3 both, 0 neither */
  days: string
  /** minutes since midnight, in the shop's timezone */
  cut_off: number
  /** working days from the order to the parcel leaving */
  handling: number
  /** days of arrival after that: at the least, at the most */
  transit: [number, number]
  /** minutes since midnight, from and to */
  hours?: [number, number]
}

export interface CheckoutContent {
  widget: 'checkout'
  with?: string[]
  /** a regular expression of paths where the shopper pays; what is shown elsewhere is off there */
  payment?: string
  hide: string[]
  /** distractions are found, not named */
  calm?: true
  progress_before: string
  fields?: true
  errors?: true
  remember?: true
  delivery?: Delivery
  /** CSS, or 'auto' */
  summary?: string
  reassurance?: { near: string; items: { icon: string; text: Text }[] }
  /** CSS, or 'auto' */
  coupon?: string
  /** only those of what is on; the names are in server/heimta/rules/texts/checkout.py */
  labels: Record<string, Text>
}
