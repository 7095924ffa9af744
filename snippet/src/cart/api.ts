// What a shop may tell: heimta('cart' | 'product' | 'order' | 'checkout' | 'identify', …). Adapters tell it the same way.
import { line, setCart } from '../cart.ts'
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

/** A thank-you page that is loaded again tells of the same order. */
export const tellOrder = ({ order }: { order: string }) => {
  if (!order || record.order === order) return
  record.order = core.ordered = order // the trigger `order` comes later than this
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

/** Whom the shop knows. Where to write to them is told only with their yes to that, said in the same call. */
export const tellVisitor = ({ id = '', email, phone, consent }: Known) =>
  track('visitor_identified', { id: `${id}`, ...(consent === true && { email, phone }) })
