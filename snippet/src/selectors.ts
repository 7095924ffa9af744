// The cart of any other shop: by the merchant's selectors, or by the data-heimta-* attributes of its template. Server-rendered
// shops included: what a page shows is the truth, and where it shows only how many, the cart's page is asked.
import type { Adapter } from './cart/adapter.ts'
import type { Product } from './cart/api.ts'
import { currencyOf, find, integer, type Rules, readCart, readShown, say } from './cart/shown.ts'
import type { Core } from './core.ts'
import { exponentOf } from './money.ts'
import type { Heimta, SelectorName } from './types.ts'

const { heimta } = window as unknown as { heimta: Heimta }

/** XHR, since it parses a page without asking Trusted Types, and runs nothing of it. */
const fetchPage = (path: string): Promise<Document> =>
  new Promise((done, failed) => {
    const request = new XMLHttpRequest()
    request.open('GET', path)
    request.responseType = 'document'
    request.onload = () => done(request.response)
    request.onerror = failed
    request.send()
  })

const productOf = (core: Core, rules: Rules, root: Element): Product => {
  const text = (name: SelectorName) => say(rules, name, root)?.[0]
  const currency = currencyOf(core, rules, document) as string
  const exponent = exponentOf(currency, core.config) // throws where there is no currency: then nothing is told
  return {
    currency,
    exponent,
    sku: text('product_sku') || '',
    name: text('product_name') || '',
    unit_minor: readShown(say(rules, 'product_price', root), exponent, core),
    url: location.pathname,
    image: text('product_image'),
  }
}

const tellPage = (core: Core, rules: Rules) => {
  const [order] = say(rules, 'order', document)?.[0].match(/[\w-]*\d[\w-]*/) || []
  if (order) heimta('order', { order })
  else if (core.isCheckout()) heimta('checkout')
  const root = find(rules, 'product', document)
  const product = root && productOf(core, rules, root)
  if (product?.sku) heimta('product', product)
  else core.load('schema')
}

const make = (core: Core): Adapter => {
  const { config } = core
  const rules: Rules = config.selectors || {}
  let asked: number | undefined
  return {
    page: () => tellPage(core, rules),
    read: async () => {
      const count = integer(say(rules, 'count', document))
      const notice = find(rules, 'empty', document)
      // Beside an order's number stands what was ordered.
      const here = find(rules, 'order', document)
        ? null
        : readCart(core, rules, document, count === 0 || !!notice?.getClientRects()[0])
      if (here || count == null) return here
      const lines = core.visitor().cart?.lines || []
      const pieces = lines.reduce((all, { qty }) => all + qty, 0)
      if (count === asked || count === pieces || count === lines.length) return null
      asked = count // once for each count: the request is itself a hint
      return readCart(core, rules, await fetchPage(config.urls.cart), false)
    },
    listen: (hint) => {
      for (const type of ['submit', 'change'])
        document.addEventListener(type, core.guard(hint), { passive: true, capture: true })
      const observer = new MutationObserver(core.guard(hint))
      const shown = find(rules, 'cart', document) || find(rules, 'line', document)?.parentNode
      for (const node of [shown, find(rules, 'count', document)])
        if (node) observer.observe(node, { childList: true, characterData: true, subtree: true })
    },
    // Whatever the shop answers that is no file: carts that change without a new page change by one of these.
    requests: new RegExp(`^${location.origin}/(?!.*\\.(js|css|png|jpe?g|webp|avif|gif|svg|ico|woff2?)\\b)`),
  }
}

heimta('plugin', (core) => heimta('adapter', make(core)))
