// Reads a Magento 2 shop (Adobe Commerce; Luma and Hyvä): the cart from the private content that Magento keeps in
// localStorage, the discounted total from the quote where there is one (cart and checkout). The *Amount and *_value fields
// are decimals; but product_price_value has no taxes in it, wherever the shop shows them: only `product_price`, HTML, has.
import { knownCart, line } from '../cart.ts'
import { config } from '../config.ts'
import { guard } from '../guard.ts'
import { load } from '../load.ts'
import { exponentOf, toMinor } from '../money.ts'
import type { Adapter } from './adapter.ts'
import { tellCheckout, tellOrder } from './api.ts'
import { plain } from './plain.ts'

// biome-ignore lint/suspicious/noExplicitAny: Magento's globals; whatever is not there throws, and changes nothing
type Any = any
const page = window as Any

/** Magento_Checkout/js/model/quote: only on the cart page and at the checkout. */
let quote: Any

const find = (selector: string) => document.querySelector<HTMLElement>(selector)

export const magento: Adapter = {
  read: () => {
    // While Magento is fetching a newer one there is none. On the thank-you page it may still be what was ordered.
    const { cart } = JSON.parse(localStorage['mage-cache-storage'])
    if (!cart || find('.checkout-success')) return null
    const known = knownCart()
    const totals = quote?.totals()
    // Private content names no currency: the quote does, or the switcher that is shown where there are several.
    const currency =
      totals?.quote_currency_code ||
      find('#switcher-currency [class^=language-]')?.className.slice(9, 12) ||
      known?.currency ||
      config.currency
    // With four decimals: toMinor is exact where a product would come to 1008.4999….
    const minor = (amount: number) => toMinor(amount, exponentOf(currency, config))
    const lines = cart.items.map((item: Any) => {
      // What one costs as it is shown, with taxes or without: the digits of the first price, and the point where the
      // value without taxes has it.
      let unit = item.product_price.match(/\d[^>]*</)?.[0].replace(/\D/g, '')
      while (unit > item.product_price_value * 2) unit /= 10
      return line({
        sku: item.product_sku,
        name: plain(item.product_name),
        qty: item.qty,
        unit_minor: minor(unit),
        url: item.product_url,
        image: item.product_image.src,
      })
    })
    // Elsewhere only the sum before discounts is there. As long as nothing has changed, what the cart page said holds.
    if (!totals && JSON.stringify(known?.lines) === JSON.stringify(lines)) return null
    return {
      currency,
      lines,
      // The segment has the tax in it, `grand_total` of the totals has not. Before shipping, and before what was taken off it.
      total_minor: minor(
        totals
          ? totals.total_segments.find(({ code }: Any) => code === 'grand_total').value -
              totals.shipping_incl_tax +
              totals.shipping_discount_amount
          : cart.subtotalAmount,
      ),
      code: totals?.coupon_code,
    }
  },
  // How private content comes, in Luma and Hyvä alike.
  requests: /section\/load/,
  listen: (hint) => {
    if (page.checkoutConfig)
      page.require(
        ['Magento_Checkout/js/model/quote'],
        guard((model: Any) => {
          quote = model
          quote.totals.subscribe(hint)
          hint()
        }),
      )
  },
  page: () => {
    tellOrder({ order: find('.checkout-success :is(.order-number,p>span)')?.innerText })
    if (find('[class*=checkout-index-index]')) tellCheckout()
    if (find('.catalog-product-view')) load('schema')
  },
}
