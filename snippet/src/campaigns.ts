// Counts the time, and calls for the stage once there is someone to play for. The stage (stage.ts) decides and shows;
// it is a file of its own, fetched early and idly, so that whoever bounces has not paid for it. It hears of everything
// by the taps, so nothing in here knows what it does.
import { config } from './config.ts'
import { core, tell } from './core.ts'
import { load } from './load.ts'
import { isOpen } from './outbox.ts'
import { here } from './page.ts'

/** By the page's address: the server has made of the shop's what fits it (rules/checkout_pages.py). */
export const isCheckout = () => !!here().match(config.checkout)

/** Only while there is consent, and only a page that is seen. */
export const look = () => {
  if (!isOpen || document.hidden) return
  // On the checkout page at once: what is to be hidden there should not be seen.
  const isHere = isCheckout()
  if (isHere) load('watch')
  if (isHere || core.isEngaged || core.seconds > 1) load('stage')
  tell('second', {})
}

/** A second has passed. */
export const tick = () => {
  if (!document.hidden) core.seconds++
  look()
}

/** Another page view. */
export const turn = () => {
  core.views++
  core.pageAt = Date.now()
  core.seconds = 0
  core.ordered = 0
}

export const engage = () => {
  core.isEngaged = true
}
