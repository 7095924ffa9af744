// Reads the GA4 e-commerce events that most shops already push into dataLayer, for Google Tag Manager or for gtag.
import { knownCart, line, putCart, sum } from '../cart.ts'
import { config } from '../config.ts'
import { exponentOf, toMinor } from '../money.ts'
import type { Line } from '../types.ts'
import { tellCheckout, tellOrder, tellProduct } from './api.ts'

interface Item {
  item_id?: string
  item_name?: string
  price?: number | string
  quantity?: number
  /** not GA4's: what the popup shows, if the shop gives it */
  item_url?: string
  item_image?: string
}

interface Ecommerce {
  currency?: string
  value?: number | string
  coupon?: string
  transaction_id?: string
  items?: Item[]
}

/** Works a difference into known lines. sign: 1 adds, -1 takes away. */
const merge = (known: Line[], changes: Line[], sign: number) => {
  const lines = known.map((one) => ({ ...one }))
  for (const change of changes) {
    const same = lines.find(({ sku }) => sku === change.sku)
    if (same) same.qty += sign * change.qty
    else if (sign > 0) lines.push(change)
  }
  return lines.filter(({ qty }) => qty > 0)
}

const take = (name: string, { currency = config.currency, ...params }: Ecommerce) => {
  const exponent = exponentOf(currency, config)
  const items = params.items?.map((item) =>
    line({
      sku: item.item_id as string,
      name: item.item_name as string,
      qty: item.quantity ?? 1,
      unit_minor: toMinor(item.price, exponent),
      url: item.item_url,
      image: item.item_image,
    }),
  )
  const isWhole = name === 'view_cart' || name === 'begin_checkout'
  const sign = { add_to_cart: 1, remove_from_cart: -1 }[name] || 0
  if (items && (isWhole || sign)) {
    const known = knownCart()
    const old = !isWhole && known?.currency === currency ? known : null
    const before = old?.lines || []
    const lines = isWhole ? items : merge(before, items, sign)
    const total_minor =
      isWhole && params.value != null
        ? toMinor(params.value, exponent)
        : // The difference of the sums, not the new sum: the known total may carry a discount.
          (old?.total_minor || 0) + sum(lines) - sum(before)
    putCart({ currency, exponent, total_minor, lines, code: params.coupon ?? old?.code })
  }
  if (name === 'begin_checkout') tellCheckout()
  if (name === 'view_item' && items?.[0]) tellProduct({ ...items[0], currency, exponent })
  if (name === 'purchase') tellOrder({ order: `${params.transaction_id ?? ''}` })
}

// As in Tag Manager, what was pushed as `ecommerce` holds until it is pushed again, or reset with null.
let ecommerce: Ecommerce | null = null

/** Takes dataLayer entries, one by one. */
// biome-ignore lint/suspicious/noExplicitAny: anything at all is pushed into dataLayer
export const datalayer = (entry: any) => {
  if (entry[0] === 'event') return take(entry[1], entry[2] || {})
  if (entry.ecommerce !== undefined) ecommerce = entry.ecommerce
  if (entry.event && ecommerce) take(entry.event, ecommerce)
}
