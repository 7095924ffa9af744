// Puts the snippet together, and lets the page in and out: one global, nothing thrown, nothing before consent.

import { engage, look, tick, turn } from './campaigns.ts'
import type { Adapter } from './cart/adapter.ts'
import { takeToken } from './cart/token.ts'
import { hintCart, watchCart } from './cart/watch.ts'
import { isTouch, tag } from './config.ts'
import { follow, hear, ready } from './consent.ts'
import { core } from './core.ts'
import { guard, on } from './guard.ts'
import './lend.ts'
import { idle, load } from './load.ts'
import { leave, track, wake } from './outbox.ts'
import { lookPage, turnPage, watchPage } from './page.ts'
import { watchExit } from './signals/exit.ts'
import { settle } from './signals/next.ts'
import type { Heimta } from './types.ts'

const page = window as unknown as { heimta?: Heimta & { on?: boolean }; dataLayer?: unknown[] }
const TICK_MS = 1000

const viewPage = () => {
  turnPage()
  const ref = core.views ? '' : document.referrer.replace(/^.*?\/\/|[?#].*/g, '')
  track('page_viewed', { ref: ref.slice(0, 1000), width: innerWidth, touch: isTouch })
  turn()
  hintCart() // may tell that this is a thank-you page
  look()
}

core.consent = hear

/** What is said to files that come later is kept for them, in heimta.q; they put their commands on the core. */
const queue: unknown[][] = []
const obey = guard((name: string, ...args: unknown[]) => {
  lookPage()
  const run = (core as unknown as Record<string, (...args: unknown[]) => void>)[name]
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

/**
 * A banner that speaks TCF or Consent Mode, whenever it comes: what hears it is a file of its own. As long as it has not been
 * answered, all waits for its word.
 */
const seekBanner = guard(() => {
  const found = (isOpen: boolean) => {
    if (isOpen) hear(null)
    load('banner')
  }
  if ('__tcfapi' in window) found(true)
  // biome-ignore lint/suspicious/noExplicitAny: anything at all is pushed into dataLayer, and it may be no list
  page.dataLayer?.forEach?.((entry: any) => {
    if (entry?.[0] === 'consent') found(entry[2]?.analytics_storage === 'denied')
  })
})

/** What runs next, how it is brought about, and whether the page is being left already (bundle.mjs). */
declare let heimtaBegin: () => void
declare const heimtaTurn: (left: Event | undefined) => void
declare const heimtaLeft: Event | undefined

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
      seekBanner()
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
  seekBanner()
  adapter.begin?.(guard(hear))
  // After the banners: an explicit call outweighs one that is still to be answered.
  for (const call of calls) obey(...(call as [string]))
  heimtaBegin = guard(() => {
    heimtaBegin = Object // does nothing, a second time
    ready(() => {
      watchCart(adapter)
      watchExit()
    })
    idle(askDebug)
    if (heimtaLeft) leave()
  })
  heimtaTurn(heimtaLeft)
}

/** The tag pasted twice runs once; a page that is only prerendered has not been seen by anyone yet. */
export const install = (adapter: Adapter) => {
  heimtaBegin = guard(() => {
    if ((document as { prerendering?: boolean }).prerendering) on(document, 'prerenderingchange', heimtaBegin)
    else if (tag && !page.heimta?.on) run(adapter)
  })
  heimtaTurn(heimtaLeft)
}
