// Reads a PrestaShop 1.7, 8 or 9 shop: the cart that is written into the page first, and after that what the cart
// controller answers. `prestashop.cart` itself is not looked at again: after a voucher or a quantity the theme's own
// script leaves it undefined, and out of the back/forward cache it is an old one.
import type { Adapter } from './adapter.ts'
import { amounts } from './amounts.ts'
import { tellCheckout, tellOrder, tellProduct } from './api.ts'
import { ask } from './ask.ts'

// biome-ignore lint/suspicious/noExplicitAny: PrestaShop's global; whatever is not there throws, and changes nothing
type Any = any
const shop = (): Any => (window as Any).prestashop

const lineOf = (product: Any, minor: (amount: unknown) => number) => ({
  sku: `${product.id_product}-${product.id_product_attribute}`, // the reference may be empty, or shared by variants
  name: product.name,
  qty: product.quantity,
  unit_minor: minor(product.price_amount),
  url: product.url,
  image: (product.cover || product.default_image)?.medium?.url,
})

let isFirst = true

/** Asks what would be changed by `update`, were a product named. Reads only, and is JSON where `refresh` is HTML. */
const fetchCart = async () => {
  const { cart } = shop().urls.pages
  return (await ask(`${cart}${cart.includes('?') ? '&' : '?'}ajax=1&action=update`)).cart
}

export const prestashop: Adapter = {
  read: async () => {
    const written = isFirst && shop().cart
    isFirst = false
    const cart = written?.products ? written : await fetchCart()
    const { minor, ...money } = amounts(shop().currency.iso_code)
    const { totals, subtotals, products } = cart
    const vouchers: Any[] = Object.values(cart.vouchers?.added || {})
    // A voucher for free shipping has taken the shipping off the total already.
    const isFree = vouchers.some(({ free_shipping }) => free_shipping)
    const shipping = isFree ? 0 : minor(subtotals.shipping?.amount || 0)
    return {
      ...money,
      total_minor: minor(totals.total.amount) - shipping,
      lines: Object.values(products).map((product) => lineOf(product, minor)),
      code: vouchers[0]?.code,
    }
  },
  requests: /ps_shoppingcart\/ajax/,
  listen: (hint) => {
    // The first comes before the cart page is redrawn, the second after; either may carry no cart at all.
    for (const name of ['updateCart', 'updatedCart']) shop().on(name, hint)
  },
  page: () => {
    const { page_name } = shop().page
    const order = new URLSearchParams(location.search).get('id_order')
    if (page_name === 'order-confirmation' && order) tellOrder({ order })
    if (page_name === 'checkout') tellCheckout()
    const product = document.querySelector<HTMLElement>('#product-details')?.dataset.product
    if (page_name !== 'product' || !product) return
    const { minor, ...money } = amounts(shop().currency.iso_code)
    tellProduct({ ...money, ...lineOf(JSON.parse(product), minor), url: location.pathname })
  },
}
