// Reads the GA4 e-commerce events that most shops already push into dataLayer, for Google Tag Manager or for gtag.
import { exponentOf, toMinor } from '../money.ts'
import type { Line } from '../types.ts'
import type { Shop } from './api.ts'

interface Item {
  item_id?: string | number
  item_name?: string
  price?: number | string
  quantity?: number | string
  /** not GA4's: what the popup shows, if the shop gives it */
  item_url?: string
  item_image?: string
}

interface Ecommerce {
  currency?: string
  value?: number | string
  coupon?: string
  transaction_id?: string | number
  items?: Item[]
}

const toLine = (item: Item, exponent: number): Line => ({
  sku: String(item.item_id ?? item.item_name ?? ''),
  name: item.item_name || '',
  qty: Number(item.quantity ?? 1),
  unit_minor: toMinor(item.price, exponent),
  url: item.item_url,
  image: item.item_image,
})

/** The known lines with the difference worked in. sign: 1 adds, -1 removes. */
const merge = (known: Line[], changes: Line[], sign: number) => {
  const lines = known.map((line) => ({ ...line }))
  for (const change of changes) {
    const same = lines.find(({ sku }) => sku === change.sku)
    if (same) same.qty += sign * change.qty
    else if (sign > 0) lines.push(change)
  }
  return lines.filter(({ qty }) => qty > 0)
}

const sum = (lines: Line[]) => lines.reduce((all, { qty, unit_minor }) => all + qty * unit_minor, 0)

/** Takes dataLayer entries, one by one. */
export const datalayer = (shop: Shop) => {
  // As in Tag Manager, what was pushed as `ecommerce` holds until it is pushed again, or reset with null.
  let ecommerce: Ecommerce | null = null

  const whole = (params: Ecommerce, currency: string, exponent: number) => {
    if (!params.items) return
    const lines = params.items.map((item) => toLine(item, exponent))
    const total_minor = params.value === undefined ? sum(lines) : toMinor(params.value, exponent)
    shop.cart({ currency, exponent, total_minor, lines, code: params.coupon })
  }

  const difference = (params: Ecommerce, currency: string, exponent: number, sign: number) => {
    const known = shop.known()
    const same = known?.currency === currency ? known : null
    const before = same?.lines || []
    const lines = merge(
      before,
      (params.items || []).map((item) => toLine(item, exponent)),
      sign,
    )
    // The difference of the sums, not the new sum: the known total may carry a discount.
    const total_minor = (same?.total_minor || 0) + sum(lines) - sum(before)
    shop.cart({ currency, exponent, total_minor, lines, code: params.coupon ?? same?.code })
  }

  const take = (name: unknown, params: Ecommerce) => {
    const [item] = params.items || []
    const currency = params.currency || shop.currency
    const exponent = exponentOf(currency)
    if (name === 'view_item' && item) shop.product({ ...toLine(item, exponent), currency, exponent })
    if (name === 'add_to_cart') difference(params, currency, exponent, 1)
    if (name === 'remove_from_cart') difference(params, currency, exponent, -1)
    if (name === 'view_cart' || name === 'begin_checkout') whole(params, currency, exponent)
    if (name === 'begin_checkout') shop.checkout()
    if (name === 'purchase') shop.order({ order: String(params.transaction_id ?? '') })
  }

  // biome-ignore lint/suspicious/noExplicitAny: anything at all is pushed into dataLayer
  return (entry: any) => {
    if (entry[0] === 'event') return take(entry[1], entry[2] || {})
    if (entry.ecommerce !== undefined) ecommerce = entry.ecommerce
    if (entry.event && ecommerce) take(entry.event, ecommerce)
  }
}
