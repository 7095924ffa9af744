// BigCommerce: the Storefront API's cart. It also holds e-mail and gift certificates with names; they are not touched.
import { knownCart } from '../cart.ts'
import { config } from '../config.ts'
import { core } from '../core.ts'
import type { Adapter } from './adapter.ts'
import { tellCheckout, tellOrder } from './api.ts'
import { ask } from './ask.ts'
import { tellPageProduct } from './schema.ts'

interface Item {
  parentId?: string | null
  productId: string
  variantId?: string
  sku?: string
  name: string
  quantity: number
  salePrice?: number
  listPrice: number
  url: string
  imageUrl: string
}

const tellPage = () => {
  const [isCheckout, isDone, order] =
    /^\/checkout(\/order-confirmation\/?(\d*))?/.exec(location.pathname) || []
  // Most addresses of this page do not say which order it was: then the cart that it ends stands for it. But none that
  // was filled since: the page may be loaded again, restored, or out of the back/forward cache.
  const isOld = core.views > 1 || performance.navigation?.type
  if (isDone) tellOrder({ order: order || (isOld ? '' : knownCart()?.id) })
  else if (isCheckout) tellCheckout()
  tellPageProduct()
}

export const bigcommerce: Adapter = {
  page: tellPage,
  read: async () => {
    const [cart] = await ask('/api/storefront/carts')
    if (!cart) return { ...config, total_minor: 0, lines: [] }
    // Amounts are rounded to these; a factor brings them near enough for cart.ts to round.
    const exponent: number = cart.currency.decimalPlaces
    const scale = 10 ** exponent
    const items = Object.values(cart.lineItems).flat() as Item[]
    return {
      currency: cart.currency.code,
      exponent,
      total_minor: cart.cartAmount * scale,
      code: cart.coupons?.[0]?.code,
      lines: items
        // No gift certificates; and what comes with a bundle is in the bundle's price.
        .filter(({ quantity, parentId }) => quantity && !parentId)
        .map((item) => ({
          sku: item.sku || item.variantId || item.productId,
          name: item.name,
          qty: item.quantity,
          unit_minor: (item.salePrice ?? item.listPrice) * scale,
          url: item.url,
          image: item.imageUrl,
        })),
    }
  },
  requests: /remote\/v1\/(cart|apply)|storefront\/carts\/|cart\.php/,
}
