// What an adapter is: where a shop's cart is, and what hints at a change. Every hint leads to a whole snapshot, which is
// compared with the known one; so missed, doubled and early events do no harm. watch.ts does the reading.
import type { Said } from '../consent-mode.ts'
import type { CartSnapshot } from '../types.ts'

export interface Adapter {
  /** the cart as it is now; null: none can be read now (what is known stays); lines: [] is an empty cart. May throw or reject. */
  read?(): CartSnapshot | null | Promise<CartSnapshot | null>
  /** listens to the platform's own hints and calls `hint` (cheap, any number of times) */
  listen?(hint: () => void): void
  /** requests that may have changed the cart, seen by a PerformanceObserver */
  requests?: RegExp
  /** another page view, and the document is parsed: the product, checkout or order it shows, told through api.ts */
  page?(): void
  /**
   * before there is consent. What is told is kept in memory. hear: for the consent that the platform itself keeps (Shopify
   * customer privacy), called with what it says, at once and on change
   */
  begin?(hear: (said: Said) => void): void
}
