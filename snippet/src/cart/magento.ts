// Reads a Magento 2 shop (Adobe Commerce; Luma and Hyvä): the cart from the private content that Magento keeps in
// localStorage, the discounted total from the quote where there is one (cart and checkout). `subtotal` and
// `product_price` are HTML and are not looked at; the *Amount and *_value fields are decimals.
import { knownCart, line } from '../cart.ts'
import { config } from '../config.ts'
import { guard, on } from '../guard.ts'
import type { Adapter } from './adapter.ts'
import { amounts } from './amounts.ts'
import { tellCheckout, tellOrder, tellProduct } from './api.ts'
import { meta, plain } from './meta.ts'

// biome-ignore lint/suspicious/noExplicitAny: Magento's globals; whatever is not there throws, and changes nothing
type Any = any
const page = window as Any

/** Magento_Checkout/js/model/quote: only on the cart page and at the checkout. */
let quote: Any

const json = (text: string | undefined) => JSON.parse(text || '{}')
const find = (selector: string) => document.querySelector<HTMLElement>(selector)
const findOrder = () => find('.checkout-success .order-number,.checkout-success p>span')?.textContent?.trim()

/** Private content names no currency: the quote does, or the switcher that is shown where there are several. */
const currencyOf = (totals: Any): string =>
  totals?.quote_currency_code ||
  find('#switcher-currency [class^=language-]')?.className.slice(9, 12) ||
  knownCart()?.currency ||
  config.currency

export const magento: Adapter = {
  read: () => {
    const { cart } = json(localStorage['mage-cache-storage'])
    // After an order Magento may keep the cart that was ordered for a while; and what the cookie says is newer than
    // what is stored is about to be fetched.
    const cookie = /section_data_ids=([^;]+)/.exec(document.cookie)?.[1]
    const newest = json(cookie && decodeURIComponent(cookie)).cart
    if (!cart?.items || (newest && newest !== cart.data_id) || findOrder()) return null
    const totals = quote?.totals()
    const { minor, ...money } = amounts(currencyOf(totals))
    const lines = cart.items.map((item: Any) =>
      line({
        sku: item.product_sku,
        name: plain(item.product_name),
        qty: item.qty,
        unit_minor: minor(item.product_price_value),
        url: item.product_url,
        image: item.product_image?.src,
      }),
    )
    const known = knownCart()
    const whole = totals?.total_segments.find(({ code }: Any) => code === 'grand_total')
    if (whole) {
      // The segment has the tax in it, `grand_total` of the totals has not. Before shipping, and before what was taken off it.
      const { shipping_incl_tax = 0, shipping_discount_amount = 0, coupon_code } = totals
      const total_minor = minor(whole.value - shipping_incl_tax + +shipping_discount_amount)
      return { ...money, total_minor, lines, code: coupon_code }
    }
    // Elsewhere only the sum before discounts is there. As long as nothing has changed, what the cart page said holds.
    if (known && JSON.stringify(known.lines) === JSON.stringify(lines)) return known
    return { ...money, total_minor: minor(cart.subtotalAmount), lines }
  },
  requests: /customer\/section\/load/,
  listen: (hint) => {
    on(window, 'private-content-loaded', hint) // Hyvä has no RequireJS
    const modules = ['Magento_Customer/js/customer-data']
    if (page.checkoutConfig) modules.push('Magento_Checkout/js/model/quote')
    page.require?.(
      modules,
      guard((data: Any, model: Any) => {
        data.get('cart').subscribe(hint)
        model?.totals.subscribe(hint)
        quote = model
        hint()
      }),
    )
  },
  page: () => {
    const order = findOrder()
    if (order) tellOrder({ order })
    if (find('body[class*=checkout-index-index]')) tellCheckout()
    const sku = find('#product_addtocart_form')?.dataset.productSku
    if (!sku) return
    const { minor, ...money } = amounts(meta('product:price:currency'))
    tellProduct({
      ...money,
      sku,
      name: meta('og:title') || '',
      unit_minor: minor(meta('product:price:amount')),
      url: location.pathname,
      image: meta('og:image'),
    })
  },
}
