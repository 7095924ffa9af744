// Puts the snippet together, and lets the page in and out: one global, nothing thrown, nothing before consent.

import { createShop, type Shop } from './cart/api.ts'
import { createCart } from './cart.ts'
import { createConsent, readConsentMode } from './consent.ts'
import { createEvents } from './events.ts'
import { guard, on } from './guard.ts'
import { listenLayer } from './layer.ts'
import { createOutbox } from './outbox.ts'
import { takeToken, watchPage } from './page.ts'
import { touchSession } from './session.ts'
import { createShow } from './show.ts'
import { watchEngaged } from './signals/engaged.ts'
import { watchPointerExit } from './signals/exit-pointer.ts'
import { watchTouchExit } from './signals/exit-touch.ts'
import { createStorage } from './storage.ts'
import { chooseLang } from './texts.ts'
import type { Config, Heimta } from './types.ts'

/** The edge puts the public config here. Used once, since it is replaced as text. */
declare const __HEIMTA_CONFIG__: Config

/** Gets every dataLayer entry. */
export type Adapter = (shop: Shop) => (entry: unknown) => void

type Global = Heimta & { on?: boolean }
type Command = (...args: never[]) => void

const run = (tag: HTMLScriptElement, config: Config, adapter?: Adapter) => {
  const gpc = !!(navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl
  const device = matchMedia('(pointer:coarse)').matches ? 'touch' : 'pointer'
  const preview = tag.hasAttribute('data-heimta-preview')
  const edge = new URL(tag.src).origin
  const lang = chooseLang(config.languages, document.documentElement.lang, navigator.language)

  const storage = createStorage()
  const { record } = storage
  const outbox = createOutbox(`${edge}/s/${config.shop}`, () => ({ vid: record.vid, lang, preview }))
  const events = createEvents((entry) => {
    outbox.add({ ...entry, sid: touchSession(record, entry.ev.at) })
    storage.save()
  })
  const { track } = events

  let pageAt = 0
  let pages = 0
  let isCheckout = false // checkout_started was told on this page view
  const isFirst = () => !isCheckout && (isCheckout = true)

  const cart = createCart(record, (changed) => {
    track('cart_updated', { cart: changed })
    storage.save()
  })
  const shop = createShop(record, cart, config.currency, track, isFirst)
  const show = createShow({ config, edge, lang, nonce: tag.nonce }, storage, cart, track, device, preview)

  const viewPage = () => {
    pageAt = Date.now()
    isCheckout = false
    const ref = pages++ ? '' : document.referrer.replace(/^\w+:\/\/|[?#].*/g, '').slice(0, 1000)
    track('page_viewed', { ref, width: innerWidth, touch: device === 'touch' })
    show.page()
  }
  const leave = () => {
    outbox.leave()
    storage.write()
  }
  const stop = () => {
    show.stop()
    events.close()
    outbox.erase()
    storage.erase(config.consent === 'implied')
  }
  const start = () => {
    storage.keep()
    events.open()
    outbox.wake(0)
    show.start()
  }
  const withdraw = (consent: object) => {
    if (record.vid) {
      // The one thing still told is the no itself: else messages would go on.
      events.close()
      events.open()
      track('consent_changed', consent)
      outbox.leave()
    }
    stop()
  }
  const consent = createConsent(config.consent, gpc, record, start, withdraw, (now) =>
    track('consent_changed', now),
  )

  const exit = (score: number) => {
    track('exit_intended', { device, score })
    show.exit()
  }
  const isLanding = () => pages < 2 && !!document.referrer && !document.referrer.startsWith(location.origin)
  if (device === 'touch') watchTouchExit(on, () => pageAt, isLanding, exit)
  else watchPointerExit(on, () => pageAt, exit)
  watchEngaged(on, show.engaged)

  const token = takeToken()
  viewPage()
  if (token) track('cart_restored', { token })
  watchPage(on, viewPage, () => storage.reread() && viewPage(), leave)
  on(window, 'online', () => outbox.wake(0))
  on(window, 'storage', ({ key }: StorageEvent) => {
    if (key !== 'heimta' || storage.reread()) return
    stop()
    consent.lost()
  })

  const { cart: tellCart, product, order, checkout } = shop
  const commands: Record<string, Command> = {
    cart: tellCart,
    product,
    order,
    checkout,
    consent: consent.hear,
    widget: show.add,
  }
  const obey = guard((name: string, ...args: never[]) => commands[name]?.(...args))
  const queue = (window as { heimta?: Global }).heimta?.q || []
  ;(window as { heimta?: Global }).heimta = Object.assign(obey, { on: true, q: [] }) as unknown as Global
  for (const call of queue) obey(...(call as [string, ...never[]]))

  const take = adapter?.(shop)
  listenLayer((entry) => {
    consent.hear(readConsentMode(entry as ArrayLike<unknown>, gpc))
    take?.(entry)
  }, !!adapter)
  consent.ready()
}

/** The tag pasted twice runs once; a page that is only prerendered has not been seen by anyone yet. */
export const install = guard((adapter?: Adapter) => {
  const tag = document.currentScript as HTMLScriptElement
  const config = __HEIMTA_CONFIG__
  const start = () => {
    if (!(window as { heimta?: Global }).heimta?.on) run(tag, config, adapter)
  }
  if ((document as { prerendering?: boolean }).prerendering) on(document, 'prerenderingchange', start)
  else start()
})
