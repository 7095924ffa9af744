// What a shop may tell: heimta('cart' | 'product' | 'order' | 'checkout' | 'identify', …). Adapters tell it the same way.
import { line, setCart, text } from '../cart.ts'
import { config } from '../config.ts'
import { core } from '../core.ts'
import { exponentOf } from '../money.ts'
import { track } from '../outbox.ts'
import { record } from '../storage.ts'

export interface Product {
  sku: string
  name?: string
  unit_minor?: number
  currency?: string
  exponent?: number
  url?: string | undefined
  image?: string | undefined
}

export const tellProduct = (product: Product) => {
  const { currency = config.currency, exponent = exponentOf(currency, config) } = product
  track('product_viewed', { ...line(product), currency, exponent })
}

/** A thank-you page that is loaded again tells of the same order; so does that of an older one. */
export const tellOrder = (from: { order: unknown }) => {
  const order = text(from.order, 64)
  const told = [record.order].flat()
  const isNews = !told.includes(order)
  core.ordered ||= order && (isNews ? 2 : 1)
  if (!order || !isNews) return
  record.order = [...told, order].slice(-20)
  setCart(null)
  track('order_completed', { order })
}

let toldAt = 0

/** Once a page view. */
export const tellCheckout = () => {
  if (toldAt === core.pageAt) return
  toldAt = core.pageAt
  track('checkout_started', {})
}

interface Known {
  id?: string
  email?: string
  phone?: string
  consent?: boolean
}

/**
 * Whom the shop knows. Where to write to them is told only with their yes to that, said in the same call. Templates say it on
 * every page: told when it is news, after another word on consent (a no has erased it at the edge), and now and then, should the
 * edge have forgotten. What was told is remembered as a number, since no address is stored here.
 */
export const tellVisitor = ({ id = '', email, phone, consent }: Known) => {
  const props = { id: `${id}`, ...(consent === true && { email, phone }) }
  let known = record.visits >> 4
  for (const letter of JSON.stringify(props)) known = (known * 31 + (letter.codePointAt(0) as number)) | 0
  if (known === record.known) return
  record.known = known
  track('visitor_identified', props)
}
