// Reads the GA4 e-commerce events that most shops already push into dataLayer, for Google Tag Manager or for gtag.
import { knownCart, line, putCart, sum } from '../cart.ts'
import { config } from '../config.ts'
import { exponentOf, toMinor } from '../money.ts'
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

const take = (name: string, { currency, items: told, value, coupon, transaction_id }: Ecommerce) => {
  // First: whatever else is wrong with it, there is an order. Without a number the cart that it ends stands for it.
  if (name === 'purchase') tellOrder({ order: transaction_id || knownCart()?.id })
  currency = (currency || config.currency).toUpperCase()
  const exponent = exponentOf(currency, config)
  const items = told?.map((item) =>
    line({
      sku: (item.item_id || item.item_name) as string,
      name: item.item_name as string,
      qty: item.quantity ?? 1,
      unit_minor: toMinor(item.price, exponent),
      url: item.item_url,
      image: item.item_image,
    }),
  )
  const isCheckout = name === 'begin_checkout'
  const isWhole = isCheckout || name === 'view_cart'
  const sign = { add_to_cart: 1, remove_from_cart: -1 }[name] || 0
  if (items && (isWhole || sign)) {
    const known = knownCart()
    const old = sign && known?.currency === currency ? known : null
    const before = old?.lines || []
    const lines = before.map((one) => ({ ...one }))
    for (const item of items) {
      const same = sign && lines.find(({ sku }) => sku === item.sku)
      if (same) same.qty = Math.max(0, same.qty + sign * item.qty)
      else if (sign >= 0) lines.push(item)
    }
    const total_minor =
      isWhole && value != null
        ? toMinor(value, exponent)
        : // The difference of the sums, not the new sum: the known total may carry a discount.
          (old ? (old.total_minor as number) : 0) + sum(lines) - sum(before)
    putCart({ currency, total_minor, lines, code: coupon ?? old?.code })
  }
  if (isCheckout) tellCheckout()
  if (name === 'view_item' && items?.[0]) tellProduct({ ...items[0], currency })
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
