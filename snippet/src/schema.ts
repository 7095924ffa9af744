// Which product a page is about, by what it tells search engines: schema.org as JSON-LD, or as attributes (microdata). Only
// pages that have such data fetch this, in idle time; a page of a list, or with several prices, is not guessed at.
import type { Product } from './cart/api.ts'
import type { Core } from './core.ts'
import { exponentOf, toMinor } from './money.ts'
import { readPlatform } from './platform-product.ts'
import type { Config, Heimta } from './types.ts'

// biome-ignore lint/suspicious/noExplicitAny: whatever the shop's template has written
type Node = any

const list = (value: Node): Node[] => (value == null ? [] : [value].flat())

const isA = (node: Node, type: RegExp) => list(node['@type']).some((one) => type.test(one))

/** Products that stand for themselves; those of a list or of "you may also like" are another page's. */
const products = (node: Node): Node[] =>
  list(node).flatMap((one) =>
    isA(one, /Product(Group)?$/) ? one : products([one['@graph'], one.mainEntity].flat().filter(Boolean)),
  )

/** The address it says it has, without its origin. */
const path = (url: unknown) => {
  const { pathname, search } = new URL(`${url || ''}`, location.href)
  return pathname + search
}

/** Of several (pages, variants): the one whose address is this page's, else the only one. */
const mine = (all: Node[]): Node =>
  all.find(({ url, '@id': id, offers }) =>
    [url, id, ...list(offers).map((offer) => offer.url)].some(
      (one) => one && path(one) === location.pathname + location.search,
    ),
  ) || (all[1] ? undefined : all[0])

/** All prices said of it. From 5 to 9 is no price, so only one that is the same everywhere counts. */
const offered = (offers: Node): Node[] =>
  list(offers).flatMap((offer) => {
    const { price, lowPrice, highPrice = lowPrice, priceCurrency: currency } = offer
    const more = offer.offers || (price ?? offer.priceSpecification)
    if (typeof more === 'object') return offered(more)
    return [price ?? lowPrice, price ?? highPrice].map((one) => ({ price: one, currency }))
  })

/** Templates write JSON that is none, or of any shape: whatever fails in one must not cost the blocks beside it. */
const parse = (text: string) => {
  try {
    return products(JSON.parse(text))
  } catch {
    return []
  }
}

const readLd = (): Node => {
  const all: Node[] = []
  for (const { textContent } of document.querySelectorAll('script[type="application/ld+json"]'))
    all.push(...parse(textContent as string))
  const product = mine(all)
  const variants = list(product?.hasVariant)
  return variants[0]
    ? { ...product, ...(mine(variants) || { offers: variants.map(({ offers }) => offers) }) }
    : product
}

const readAttributes = (): Node => {
  const [root, more] = document.querySelectorAll('[itemtype$="schema.org/Product"]')
  if (!root || more) return
  const say = (name: string): Node => {
    const found = root.querySelector(`[itemprop=${name}]`) as HTMLMetaElement & HTMLImageElement
    return found && (found.content || found.src || found.textContent?.trim())
  }
  return {
    sku: say('sku'),
    name: root.querySelector('h1')?.textContent?.trim() || say('name'),
    image: say('image'),
    offers: { price: say('price'), priceCurrency: say('priceCurrency') },
  }
}

/** WooCommerce's lines have the number of a post, which only the class of its page tells too. */
const postOf = () => /single-product.* postid-(\d+)/.exec(document.body.className)?.[1]

/** undefined: this is no product's page, or its template does not say which. */
const readProduct = (config: Config): Product | undefined => {
  const found = readLd() || readAttributes()
  const sku = (found && postOf()) || found?.sku || found?.productID || found?.mpn || found?.productGroupID
  if (!sku) return
  const prices = offered(list(found.offers).flat(9))
  const { price, currency = config.currency } = prices[0] || {}
  const exponent = exponentOf(currency, config)
  const image = list(found.image)[0]
  return {
    sku,
    name: found.name,
    currency,
    exponent,
    unit_minor: prices.every((one) => +one.price === +price) ? toMinor(price, exponent) : undefined,
    url: location.pathname,
    image: image?.url || image,
  }
}

/** A page may show its product a moment after it is another one. */
const TRIES = 5

const open = ({ config, taps }: Core) => {
  let left = TRIES
  let told = ''
  let toldAt = ''
  const look = () => {
    const product = left-- > 0 && (readPlatform(config) || readProduct(config))
    // Still there from the page before.
    if (!product || (product.sku === told && location.pathname !== toldAt)) return
    left = 0
    told = product.sku
    toldAt = location.pathname
    heimta('product', product)
  }
  taps.push((what) => {
    if (what === 'page_viewed') left = TRIES
    if (what === 'second') look()
  })
  look()
}

const { heimta } = window as unknown as { heimta: Heimta }
heimta('plugin', open)
