// Keeps the known cart true: every hint leads to one whole snapshot, read only after consent and never two at once.
// A snapshot that cannot be had changes nothing; the next hint, or the next page, asks again.
import { putCart } from '../cart.ts'
import { guard, on } from '../guard.ts'
import { idle } from '../load.ts'
import { isOpen } from '../outbox.ts'
import type { Adapter } from './adapter.ts'

/** Platforms hint several times for one change, and some before it is done. */
const SETTLE_MS = 300

let shop: Adapter = {}
let timer: ReturnType<typeof setTimeout> | undefined
let isReading = false
let isStale = false

const look = guard(async () => {
  timer = undefined
  isStale = isReading
  if (isReading || !isOpen) return
  isReading = true
  try {
    const cart = await shop.read?.()
    if (cart && isOpen) putCart(cart)
  } finally {
    isReading = false
    if (isStale) hint()
  }
})

/** Something may have changed the cart. The first of many hints sets the time, so that endless ones cannot put it off. */
const hint = () => {
  if (shop.read && !timer) timer = setTimeout(() => idle(look), SETTLE_MS)
}

/** Another page view: in this document, or out of the back/forward cache, where the cart may be an old one. */
export const hintCart = guard(() => {
  hint()
  shop.page?.()
})

/** There is consent, for the first time on this page. What platforms put into the page is there once it is parsed. */
export const watchCart = (adapter: Adapter) => {
  const start = guard(() => {
    shop = adapter
    hintCart()
    const { requests } = adapter
    if (requests)
      new PerformanceObserver((list) => {
        if (list.getEntries().some(({ name }) => requests.test(name))) hint()
      }).observe({ type: 'resource' })
    adapter.listen?.(hint)
  })
  if (document.readyState === 'loading') on(document, 'DOMContentLoaded', start)
  else start()
}
