// Tells that a shopper was away for a while, in another tab, app or site, and has come back. Nobody is held back at the
// back button: whoever was away is spoken to on their return.
import { isCheckout } from '../campaigns.ts'
import { guard, on } from '../guard.ts'
import type { Tell } from './exit.ts'

const AWAY_MS = 10_000 // as long as whoever is out of the page must be to have left
const SCORE = 0.6
const BACK_MS = 3100 // a page that has come back is looked at first
const SLACK_MS = 100

export const watchReturn = (tell: Tell) => {
  let hiddenAt = 0
  const turned = ({ persisted }: Partial<PageTransitionEvent>) => {
    const now = Date.now()
    // Out of the checkout it may be the bank's app, or its page, where the payment is approved.
    if (document.hidden) hiddenAt = isCheckout() ? 0 : now
    else if (hiddenAt && now - hiddenAt > AWAY_MS) {
      // Not if another page of the shop was looked at meanwhile. As stored: a page out of the cache knows only what it knew.
      const { last } = JSON.parse(localStorage.heimta || '{}')
      if (last > hiddenAt + SLACK_MS) return
      // Where it comes out of the cache, the page view is a new one, and too young for the first of the two.
      setTimeout(guard(tell), persisted ? BACK_MS : 0, SCORE, persisted ? 'back' : 'return')
    }
  }
  on(document, 'visibilitychange', turned)
  on(window, 'pageshow', turned)
}
