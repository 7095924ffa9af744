// What a shop may tell about itself: heimta('cart' | 'product' | 'order' | 'checkout', …). The adapters tell it the same way.
import type { createCart } from '../cart.ts'
import { exponentOf } from '../money.ts'
import type { Visitor } from '../storage.ts'
import type { CartSnapshot } from '../types.ts'

const ORDERS = 20

export interface Product {
  sku: string
  name?: string
  unit_minor?: number
  currency?: string
  exponent?: number
  url?: string
  image?: string
}

export interface Shop {
  cart(cart: CartSnapshot): void
  product(product: Product): void
  order(order: { order: string }): void
  checkout(): void
  /** The cart as it is known, for adapters that are told differences only. */
  known(): CartSnapshot | null
  /** The shop's own currency, for events that name none. */
  currency: string
}

/** isFirst: whether checkout_started is still to come on this page view. */
export const createShop = (
  record: Visitor,
  cart: ReturnType<typeof createCart>,
  currency: string,
  track: (name: string, props: object) => void,
  isFirst: () => boolean,
): Shop => ({
  cart: cart.put,
  product: (from) => {
    const money = from.currency || currency
    track('product_viewed', {
      sku: String(from.sku).slice(0, 64),
      name: String(from.name ?? '').slice(0, 200),
      unit_minor: from.unit_minor || 0,
      currency: money,
      exponent: from.exponent ?? exponentOf(money),
      url: from.url || '',
      image: from.image || '',
    })
  },
  order: (from) => {
    const order = String(from.order ?? '').slice(0, 64)
    // A thank-you page that is loaded again tells of the same order.
    if (!order || record.orders.includes(order)) return
    record.orders = [...record.orders, order].slice(-ORDERS)
    cart.clear()
    track('order_completed', { order })
  },
  checkout: () => {
    if (isFirst()) track('checkout_started', {})
  },
  known: () => record.cart,
  currency,
})
