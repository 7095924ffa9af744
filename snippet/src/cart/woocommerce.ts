// Reads a WooCommerce shop, classic templates and blocks alike: the cart from the Store API. Of that answer only the
// items, totals and coupons are asked for, since the rest holds the shopper's addresses.
import { knownCart } from '../cart.ts'
import { load } from '../load.ts'
import type { Adapter } from './adapter.ts'
import { scaleOf } from './amounts.ts'
import { tellCheckout, tellOrder } from './api.ts'
import { ask } from './ask.ts'
import { plain } from './plain.ts'

// biome-ignore lint/suspicious/noExplicitAny: the Store API's answer and jQuery; whatever is not there throws
type Any = any

const find = (selector: string) => document.querySelector<HTMLLinkElement>(selector)

export const woocommerce: Adapter = {
  read: async () => {
    // woocommerce_items_in_cart is set by whatever fills the cart; without it, everyone who only looks around costs the shop nothing.
    if (!document.cookie.includes('_items_in_cart=1') && !knownCart()) return null
    const root = find('[rel="https://api.w.org/"]')?.href || '/wp-json/'
    // Without pretty permalinks the address of the API has a query of its own.
    const query = root.includes('?') ? '&' : '?'
    const { items, totals, coupons } = await ask(
      `${root}wc/store/v1/cart${query}_fields=items,totals,coupons`,
    )
    // As many decimals as the shop shows, which need not be the currency's.
    const currency = totals.currency_code
    const scale = scaleOf(currency, totals.currency_minor_unit)
    return {
      currency,
      total_minor: (totals.total_price - totals.total_shipping - totals.total_shipping_tax) * scale,
      lines: items.map((item: Any) => ({
        sku: item.id, // of the product or variation; the shop's own sku may be empty
        name: plain(item.name),
        qty: item.quantity,
        unit_minor: item.prices.price * scale,
        url: item.permalink,
        image: item.images[0]?.thumbnail,
      })),
      code: coupons[0]?.code,
    }
  },
  // Changes only, by templates or blocks: our own read must not be a hint.
  requests: /wc-ajax|store\/v1\/(batch|cart\/)/,
  // For what goes another way: the form of the cart page, plugins. Only jQuery hears jQuery's events.
  listen: (hint) => (window as Any).jQuery?.(document.body).on('added_to_cart updated_wc_div', hint),
  page: () => {
    // Not by the path: its words are the merchant's. An order that failed to be paid has the page of one, too, with the
    // template's notice, or with what the block offers then: to try again.
    const [, order = ''] = /[/=](\d+)(\/?\?.*|&)key=/.exec(location.href) || []
    if (!find('.woocommerce-order-received')) {
      if (find('.woocommerce-checkout')) tellCheckout()
    } else if (!find('[class*=order-failed],[class*=status__actions]')) tellOrder({ order })
    if (find('.single-product')) load('schema')
  },
}
