// OpenCart 3 and 4: no interface for carts, but the default theme shows the whole cart in the header of every page. Themes
// that show it otherwise need the adapter `selectors`.
import type { Adapter } from './cart/adapter.ts'
import type { Product } from './cart/api.ts'
import { type Rules, readCart, readShown } from './cart/shown.ts'
import type { Core } from './core.ts'
import { exponentOf } from './money.ts'
import type { CartSnapshot, Heimta } from './types.ts'

const { heimta } = window as unknown as { heimta: Heimta }

const HEADER = ':is(#cart,#header-cart)'
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
const rowsOf = (table: string) => [...document.querySelectorAll(`${HEADER} ${table} tr`)]

/** The session's; for scripts only its cookie tells. */
const currencyOf = ({ config }: Core) => /\bcurrency=([A-Z]{3})/.exec(document.cookie)?.[1] || config.currency

/**
 * One for each choice of size, colour, text: two lines of one product are two things. As a number, since a text may be the
 * shopper's own words, and the page does not say which is.
 */
const optionsOf = (row: Element) => {
  let sum = 0
  // In 4.1 they are a list, which begins with the product's model.
  for (const { textContent } of row.querySelectorAll('td>small,li+li>small'))
    for (const letter of `${textContent}\n`) sum = (sum * 31 + (letter.codePointAt(0) as number)) | 0
  return sum ? `-${(sum >>> 0).toString(36)}` : ''
}

/**
 * The header's totals: sub-total, discounts below 0, taxes, perhaps shipping, and the total. Titles are in the shop's language; only
 * a coupon's has its code in brackets, where OpenCart itself looks for it. Where nothing is taken off, the lines say it all. Else the
 * total is what is to be paid for them, unless something besides their taxes is in it: those are as much less as the goods are.
 */
const takeOff = (core: Core, cart: CartSnapshot): Partial<CartSnapshot> => {
  const exponent = exponentOf(cart.currency, core.config)
  const rows = rowsOf('.table-bordered').map(({ children: [title, text] }) => {
    const said = text?.textContent || ''
    const plain = said.replace(/^(\D*)[-−–]/, '$1')
    const amount = readShown([plain], exponent, core) ?? Number.NaN
    return { _title: title?.textContent || '', _amount: plain === said ? amount : -amount }
  })
  const off = rows.filter(({ _amount }) => !(_amount >= 0))
  if (!off[0]) return {}
  const add = (some: typeof rows) => some.reduce((sum, { _amount }) => sum + _amount, 0)
  const total = rows.pop()?._amount as number
  const goods = rows.shift()?._amount as number
  const less = add(off)
  const more = add(rows) - less
  // Each of these sums is rounded by itself.
  const isNear = (one: number, other: number) => Math.abs(one - other) <= rows.length + cart.lines.length
  const taxes = (((cart.total_minor as number) - goods) * (goods + less)) / goods
  const codes = off.flatMap(({ _title }) => /\((.+)\)/.exec(_title)?.[1] || [])
  return {
    total_minor: isNear(goods + less + more, total) && isNear(more, taxes) ? total : Number.NaN,
    code: codes[1] ? '' : codes[0],
  }
}

const readProduct = (core: Core): Product => {
  const currency = currencyOf(core)
  const exponent = exponentOf(currency, core.config)
  const price = find('#content .price-new, #content .list-unstyled h2')?.textContent || ''
  return {
    sku: skuOf(location.href),
    name: find('#content h1')?.textContent?.trim() || '',
    currency,
    exponent,
    unit_minor: readShown([price], exponent, core),
    url: location.pathname + location.search,
  }
}

const make = (core: Core): Adapter => ({
  page: () => {
    const at = location.pathname + location.search
    // The thank-you page does not say which order it was: the cart that it ends stands for it. But none that was filled
    // since: the page may be loaded again, restored, or out of the back/forward cache.
    const isOld = core.views > 1 || performance.navigation?.type
    if (/checkout[/-]success/.test(at)) heimta('order', { order: (!isOld && core.visitor().cart?.id) || '' })
    else if (/checkout\/checkout|\/checkout\/?$/.test(at)) heimta('checkout')
    // Not by the field `product_id`: from 4 on every product of a list has one.
    if (find('#content #product')) heimta('product', readProduct(core))
  },
  read: () => {
    // A notice and nothing else; in 4.1 without a paragraph.
    const isEmpty = !!find(`${HEADER} :is(.p-4,li>p)`)
    const cart = readCart(core, rules, document, isEmpty, currencyOf(core))
    if (!cart) return cart
    // Gift certificates are rows as well; nothing leads to a product there, and they are no lines.
    const rows = rowsOf('.table-striped').filter((row) => row.querySelector('a'))
    const lines = cart.lines.map((line, at) => ({
      ...line,
      sku: skuOf(line.sku) + optionsOf(rows[at] as Element),
    }))
    return { ...cart, lines, ...takeOff(core, cart) }
  },
  listen: (hint) => {
    const header = find(HEADER)
    if (header) new MutationObserver(core.guard(hint)).observe(header, { childList: true, subtree: true })
  },
  requests: /checkout\/cart|common\/cart/,
})

heimta('plugin', (core) => heimta('adapter', make(core)))
