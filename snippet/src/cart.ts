// Knows the cart: takes whole snapshots, gives the cart its id, and says so only when something has changed.
import { config } from './config.ts'
import { randomId } from './ids.ts'
import { exponentOf, numberOf } from './money.ts'
import { track } from './outbox.ts'
import { record, save } from './storage.ts'
import type { Cart, CartSnapshot, Line } from './types.ts'

export const text = (value: unknown, max: number) => `${value ?? ''}`.slice(0, max)

/** Exact or left out: what cannot be read is no 0. */
const count = (value: unknown) => {
  const whole = Math.round(numberOf(value))
  return whole >= 0 ? whole : undefined
}

/** Sums of lines, in minor units; NaN where one has no price. */
export const sum = (lines: Line[]) =>
  lines.reduce((all, { qty, unit_minor }) => all + qty * (unit_minor as number), 0)

/** A line as the wire allows it, whatever the page hands in. */
export const line = (from: Partial<Line>): Line => ({
  sku: text(from.sku, 64),
  name: text(from.name, 200),
  // By weight, a part of one is a piece too.
  qty: count(from.qty) || +((from.qty as number) > 0),
  unit_minor: count(from.unit_minor),
  url: text(from.url, 1000),
  image: text(from.image, 1000),
})

/** null: it is emptied or ordered, and its id will not come again. */
export const setCart = (cart: Cart | null) => {
  record.cart = cart
  save()
}

export const knownCart = () => record.cart || null

/** Throws when the currency is none. */
export const putCart = (from: CartSnapshot) => {
  const old = knownCart()
  const lines = from.lines
    .map(line)
    .filter(({ sku, qty }) => sku && qty)
    .slice(0, 100)
  const next: Cart = {
    id: old?.id || randomId(),
    currency: from.currency,
    exponent: from.exponent ?? exponentOf(from.currency, config),
    total_minor: lines.length ? count(from.total_minor ?? sum(lines)) : 0,
    lines,
    code: text(from.code, 64),
  }
  if (JSON.stringify(old || { ...next, lines: [] }) === JSON.stringify(next)) return
  setCart(lines.length ? next : null)
  track('cart_updated', { cart: next })
}
