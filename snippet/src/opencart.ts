// OpenCart 3 and 4: no interface for carts, but the default theme shows the whole cart in the header of every page. Themes
// that show it otherwise need the adapter `selectors`.
import type { Adapter } from './cart/adapter.ts'
import type { Product } from './cart/api.ts'
import { type Rules, readCart, readShown } from './cart/shown.ts'
import type { Core } from './core.ts'
import { exponentOf } from './money.ts'
import type { Heimta } from './types.ts'

const { heimta } = window as unknown as { heimta: Heimta }

const HEADER = '#cart, #header-cart'
const rules: Rules = {
  cart: HEADER,
  line: '.table-striped tr',
  sku: 'a@href',
  name: 'td:nth-child(2) a',
  qty: 'td:nth-child(3)',
  line_total: 'td:nth-child(4)',
  url: 'a@href',
  image: 'img@src',
}

/** The product's number; with SEO addresses only its name is there. */
const skuOf = (url: string) => {
  const { pathname, searchParams } = new URL(url, location.href)
  return searchParams.get('product_id') || (pathname.split('/').at(-1) as string)
}

const find = (css: string) => document.querySelector<HTMLElement>(css)

/** The session's; for scripts only its cookie tells. */
const currencyOf = ({ config }: Core) => /\bcurrency=([A-Z]{3})/.exec(document.cookie)?.[1] || config.currency

const readProduct = (core: Core): Product => {
  const currency = currencyOf(core)
  const exponent = exponentOf(currency, core.config)
  const price = find('#content .price-new, #content .list-unstyled h2')?.textContent || ''
  return {
    sku: skuOf(location.href),
    name: find('#content h1')?.textContent?.trim() || '',
    currency,
    exponent,
    unit_minor: readShown([price], exponent, core) || 0,
    url: location.pathname + location.search,
  }
}

const make = (core: Core): Adapter => ({
  page: () => {
    const at = location.pathname + location.search
    // The thank-you page does not say which order it was: the cart that it ends stands for it.
    if (/checkout[/-]success/.test(at)) heimta('order', { order: core.visitor().cart?.id || '' })
    else if (/checkout\/checkout|\/checkout\/?$/.test(at)) heimta('checkout')
    if (find('#content [name=product_id]')) heimta('product', readProduct(core))
  },
  read: () => {
    const isEmpty = !!find('#cart li > p, #header-cart li > p')
    const cart = readCart(core, rules, document, isEmpty, currencyOf(core))
    return cart && { ...cart, lines: cart.lines.map((line) => ({ ...line, sku: skuOf(line.sku) })) }
  },
  listen: (hint) => {
    const header = find(HEADER)
    if (header) new MutationObserver(core.guard(hint)).observe(header, { childList: true, subtree: true })
  },
  requests: /checkout\/cart|common\/cart/,
})

heimta('plugin', (core) => heimta('adapter', make(core)))
