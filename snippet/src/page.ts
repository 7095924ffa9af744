// Tells when another page is looked at, and when one is left, without ever standing in the way of the back/forward cache.
import { on } from './guard.ts'

/**
 * The page as events name it: path and query, no origin. Without what opens something to whoever has it: the order of a
 * thank-you page (`key`, `t`), a cart (WooCommerce's `session`), a payment (Stripe's `…_secret`), an account (`token`, `hash`).
 */
export const here = () =>
  (location.pathname + location.search)
    .replace(/(\bt|session|hash|key|token|secret)=[^&]*/g, '')
    .slice(0, 1000)

let at = ''
let changed: () => void

/**
 * Has the address changed in the same document? Asked whenever the page tells us something, and each second: a browser
 * without the Navigation API does not say, and the page's history is not ours to patch.
 */
export const lookPage = () => {
  if (at !== here()) changed()
}

/** The address that is looked at now is known. */
export const turnPage = () => {
  at = here()
}

/** change: another address in the same document. left: it may be gone in a moment. */
export const watchPage = (change: () => void, left: () => void) => {
  changed = change
  on((window as { navigation?: EventTarget }).navigation || window, 'navigatesuccess', lookPage)
  on(window, 'popstate', lookPage)
  on(window, 'pagehide', left)
  on(document, 'visibilitychange', () => {
    if (document.hidden) left()
  })
}
