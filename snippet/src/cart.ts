// Knows the cart: takes whole snapshots, gives the cart its id, and says so only when something has changed.

import { randomId } from './ids.ts'
import { exponentOf } from './money.ts'
import type { Visitor } from './storage.ts'
import type { Cart, CartSnapshot, Line } from './types.ts'

const text = (value: unknown, max: number) => String(value ?? '').slice(0, max)
const count = (value: unknown) => Math.max(0, Math.round(Number(value)) || 0)
/** A cut address leads nowhere: too long is none. */
const address = (value: unknown) => (String(value ?? '').length > 1000 ? '' : text(value, 1000))

const line = (from: Line): Line => ({
  sku: text(from.sku, 64),
  name: text(from.name, 200),
  qty: count(from.qty),
  unit_minor: count(from.unit_minor),
  url: address(from.url),
  image: address(from.image),
})

/** What a page hands in, made into what the wire allows. Throws when the currency is none. */
export const normalise = (from: CartSnapshot): CartSnapshot => {
  const currency = text(from.currency, 3).toUpperCase()
  const lines = (from.lines || [])
    .map(line)
    .filter(({ sku, qty }) => sku && qty)
    .slice(0, 100)
  const sum = lines.reduce((all, { qty, unit_minor }) => all + qty * unit_minor, 0)
  return {
    currency,
    exponent: from.exponent ?? exponentOf(currency),
    total_minor: lines.length ? count(from.total_minor ?? sum) : 0,
    lines,
    code: text(from.code, 64),
  }
}

/** changed: the cart is another one now, and the event is due. */
export const createCart = (record: Visitor, changed: (cart: Cart) => void) => {
  const listeners = new Set<(cart: Cart | null) => void>()

  const set = (cart: Cart | null) => {
    record.cart = cart
    for (const listen of listeners) listen(cart)
  }

  return {
    put: (from: CartSnapshot) => {
      const old = record.cart
      const next = { id: old?.id || randomId(), ...normalise(from) }
      const empty = !next.lines.length
      if (old ? JSON.stringify(old) === JSON.stringify(next) : empty) return
      set(empty ? null : next)
      changed(next)
    },
    /** Ordered: no change of the cart, but its end. */
    clear: () => set(null),
    /** Calls back at once and at every change; answers with its own unbind. */
    listen: (listen: (cart: Cart | null) => void) => {
      listeners.add(listen)
      listen(record.cart)
      return () => {
        listeners.delete(listen)
      }
    },
  }
}
