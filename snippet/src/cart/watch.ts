// Keeps the known cart true: every hint leads to one whole snapshot, read only after consent and never two at once.
import { putCart } from '../cart.ts'
import { guard } from '../guard.ts'
import { idle } from '../load.ts'
import { isOpen } from '../outbox.ts'
import type { Adapter } from './adapter.ts'

const SETTLE_MS = 300

let read: Adapter['read']
let timer: ReturnType<typeof setTimeout> | undefined
let isReading = false
let isStale = false

const look = guard(async () => {
  isStale = isReading
  if (isReading || !isOpen) return
  isReading = true
  try {
    const cart = await read?.()
    if (cart && isOpen) putCart(cart)
  } finally {
    isReading = false
    if (isStale) hintCart()
  }
})

/** Something may have changed the cart. */
export const hintCart = () => {
  clearTimeout(timer)
  if (read) timer = setTimeout(look, SETTLE_MS)
}

/** There is consent, for the first time on this page. */
export const watchCart = ({ read: from, listen, requests }: Adapter) => {
  read = from
  listen?.(hintCart)
  if (requests)
    new PerformanceObserver((list) => {
      if (list.getEntries().some(({ name }) => requests.test(name))) hintCart()
    }).observe({ type: 'resource' })
  idle(look)
}
