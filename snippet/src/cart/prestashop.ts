// Reads a PrestaShop 1.7, 8 or 9 shop: the cart that is written into the page first, and after that what the cart
// controller answers. `prestashop.cart` itself is not looked at again: after a voucher or a quantity the theme's own
// script leaves it undefined, and out of the back/forward cache it is an old one.
import { load } from '../load.ts'
import type { Adapter } from './adapter.ts'
import { scaleOf } from './amounts.ts'
import { tellCheckout, tellOrder } from './api.ts'
import { ask } from './ask.ts'

// biome-ignore lint/suspicious/noExplicitAny: PrestaShop's global; whatever is not there throws, and changes nothing
type Any = any
const shop = (): Any => (window as Any).prestashop

let isFirst = true

export const prestashop: Adapter = {
  read: async () => {
    const { cart: written, urls, currency: money } = shop()
    let cart = isFirst && written
    isFirst = false
    if (!cart?.products) {
      // Asks what `update` would change, were a product named. It reads only, and is JSON where `refresh` is HTML.
      const url = urls.pages.cart
      cart = (await ask(`${url}${url.includes('?') ? '&' : '?'}ajax=1&action=update`)).cart
    }
    const currency = money.iso_code
    const scale = scaleOf(currency)
    const vouchers: Any[] = Object.values(cart.vouchers.added)
    // A voucher for free shipping has taken the shipping off the total already.
    const isFree = vouchers.some((one) => one.free_shipping)
    return {
      currency,
      total_minor: (cart.totals.total.amount - (isFree ? 0 : cart.subtotals.shipping?.amount || 0)) * scale,
      lines: Object.values(cart.products as Any[]).map((item) => ({
        sku: `${item.id_product}-${item.id_product_attribute}`, // the reference may be empty, or shared by variants
        name: item.name,
        qty: item.quantity,
        unit_minor: item.price_amount * scale,
        url: item.url,
        image: item.cover?.medium?.url,
      })),
      code: vouchers[0]?.code,
    }
  },
  // Comes when the shop has answered; what it carries may be no cart at all.
  listen: (hint) => shop().on('updateCart', hint),
  page: () => {
    const name = shop().page.page_name
    if (name === 'order-confirmation') tellOrder({ order: /\bid_order=(\d+)/.exec(location.search)?.[1] })
    if (name === 'checkout') tellCheckout()
    if (name === 'product') load('schema')
  },
}
