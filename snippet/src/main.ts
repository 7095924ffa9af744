// Puts the snippet together, and lets the page in and out: one global, nothing thrown, nothing before consent.

import { engage, tick, turn } from './campaigns.ts'
import type { Adapter } from './cart/adapter.ts'
import { tellCheckout, tellOrder, tellProduct, tellVisitor } from './cart/api.ts'
import { hintCart, watchCart } from './cart/watch.ts'
import { putCart } from './cart.ts'
import { device, tag } from './config.ts'
import { follow, hear, isBarred, ready } from './consent.ts'
import { readConsentMode } from './consent-mode.ts'
import { type Core, core } from './core.ts'
import { guard, on } from './guard.ts'
import { listenLayer } from './layer.ts'
import { idle, load } from './load.ts'
import { leave, track, wake } from './outbox.ts'
import { lookPage, takeToken, turnPage, watchPage } from './page.ts'
import { watchExit } from './signals/exit.ts'
import { settle } from './signals/next.ts'
import type { Heimta } from './types.ts'

const page = window as unknown as { heimta?: Heimta & { on?: boolean } }
const TICK_MS = 1000

const viewPage = () => {
  turnPage()
  const ref = core.views ? '' : document.referrer.replace(/^.*?\/\/|[?#].*/g, '')
  track('page_viewed', { ref: ref.slice(0, 1000), width: innerWidth, touch: device === 'touch' })
  turn()
  hintCart()
}

// biome-ignore lint/suspicious/noExplicitAny: each command has arguments of its own; types.ts has them for the page
const commands: Record<string, (...args: any[]) => void> = {
  cart: putCart,
  product: tellProduct,
  order: tellOrder,
  checkout: tellCheckout,
  identify: tellVisitor,
  adapter: watchCart,
  consent: hear,
  plugin: (open: (core: Core) => void) => open(core),
}
/** What is said to files that come later is kept for them, in heimta.q; they put their commands on the core. */
const queue: unknown[][] = []
const obey = guard((name: string, ...args: unknown[]) => {
  lookPage()
  const run = commands[name] || (core as unknown as typeof commands)[name]
  if (run) run(...args)
  else {
    queue.push([name, ...args])
    load(name)
  }
})

/** `?heimta=debug`; the overlay itself remembers it for the visit, as sessionStorage.heimta. */
const askDebug = () => {
  if ((location.search + sessionStorage.heimta).includes('heimta=debug')) load('debug')
}

/** A banner that speaks TCF, whenever it comes: all waits for its word. What hears it is a file of its own. */
const seekTcf = () => {
  if (!('__tcfapi' in window)) return
  hear(null)
  load('tcf')
}

const run = (adapter: Adapter) => {
  const calls = page.heimta?.q || []
  page.heimta = Object.assign(obey, { on: true, q: queue }) as unknown as Heimta
  on(document, 'pointerdown keydown scroll', engage)
  const token = takeToken()
  viewPage()
  if (token) track('cart_restored', { token })
  watchPage(viewPage, () => {
    settle(true)
    core.leave()
  })
  setInterval(
    guard(() => {
      lookPage()
      seekTcf()
      tick()
    }),
    TICK_MS,
  )
  on(window, 'pageshow', (event: PageTransitionEvent) => {
    if (!event.persisted) return
    follow()
    viewPage()
  })
  on(window, 'online', () => wake(TICK_MS))
  on(window, 'storage', ({ key }: StorageEvent) => {
    if (key === 'heimta') follow()
  })
  listenLayer((entry) => {
    lookPage()
    hear(readConsentMode(entry, isBarred()))
    adapter.entry?.(entry)
  }, !!adapter.entry)
  seekTcf()
  adapter.consent?.(guard(hear))
  // After the banners: an explicit call outweighs one that is still to be answered.
  for (const call of calls) obey(...(call as [string]))
  ready(() => {
    watchCart(adapter)
    watchExit()
  })
  idle(askDebug)
}

/** The page is being left already (bundle.mjs). */
declare const heimtaLeft: Event | undefined

/** The tag pasted twice runs once; a page that is only prerendered has not been seen by anyone yet. */
export const install = (adapter: Adapter = {}) => {
  const start = guard(() => {
    if (tag && !page.heimta?.on) run(adapter)
  })
  if ((document as { prerendering?: boolean }).prerendering) on(document, 'prerenderingchange', start)
  else start()
  if (heimtaLeft) guard(leave)()
}
