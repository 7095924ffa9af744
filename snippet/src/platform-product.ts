// Which product a page is about, where the platform says it better than schema.org: with the very id that its cart lines
// have. Part of the file that product pages fetch later (schema.ts).

import type { Product } from './cart/api.ts'
import { exponentOf, toMinor } from './money.ts'
import type { Config } from './types.ts'

// biome-ignore lint/suspicious/noExplicitAny: the platforms' globals
type Any = any

/** Shopify's own analytics are told of the product; its amounts are hundredths in every currency. */
const readShopify = (): Any => {
  const { product, selectedVariantId, currency } = (window as Any).ShopifyAnalytics?.meta || {}
  if (!product) return
  const chosen = new URLSearchParams(location.search).get('variant') || selectedVariantId
  const variant = product.variants.find(({ id }: Any) => `${id}` === `${chosen}`) || product.variants[0]
  return { sku: variant.id, name: variant.name, price: `${variant.price}e-2`, currency }
}

/** PrestaShop writes it into the page for its own script, which keeps it true when another variant is chosen. */
const readPrestaShop = (): Any => {
  const written = document.querySelector<HTMLElement>('#product-details')?.dataset.product
  if (!written) return
  const { id_product, id_product_attribute, name, price_amount, cover } = JSON.parse(written)
  return {
    sku: `${id_product}-${id_product_attribute}`,
    name,
    price: price_amount,
    currency: (window as Any).prestashop.currency.iso_code,
    image: cover?.medium?.url,
  }
}

/** undefined: no such page, or none of these platforms. */
export const readPlatform = (config: Config): Product | undefined => {
  const { price, ...found } = readShopify() || readPrestaShop() || {}
  if (!found.sku) return
  const exponent = exponentOf(found.currency, config)
  const image = document.querySelector<HTMLMetaElement>('meta[property="og:image"]')?.content
  return { image, ...found, exponent, unit_minor: toMinor(price, exponent), url: location.pathname }
}
