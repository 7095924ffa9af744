// Watches the checkout: how far the shopper comes, in which fields they struggle, and what breaks under them.
// It tells what a field is for, never what is in it: `.value`, labels and messages are not read in here (a test looks).
// Frames of payment providers are other origins: that one was entered is all there is to know.
import type { FieldLeft } from '../../snippet/src/types.ts'
import { FIELD, find, kindOf, NO_FIELD, type Table } from './kinds.ts'

/** `:is` forgives an old browser what it does not know. */
const WRONG = ':is(:user-invalid,[aria-invalid=true])'

/** Where the page's address, or the shop's own row of steps, says that the shopper is. */
const STEPS: Table = {
  address: /addr|adres|contact|kontakt/,
  shipping: /ship|versand|deliver|livr|env[ií]o|sending/,
  payment: /paym|zahl|paie|pago|grei[dð]/,
  review: /review|confirm\b|summary|[uü]bersicht/,
}
const PAYS = /pay|zahl|paie|pago|grei[dð]|stripe|adyen|braintree|klarna|mollie|card/i

type Seen = FieldLeft & {
  /** ms, since when it has the focus; 0 while it has not */
  _since: number
}

heimta('plugin', (core) => {
  const { isCheckout, shopUrl, guard, track, visitor } = core
  const from = location.pathname
  const said = new Set<string>()
  const seen = new Map<HTMLInputElement, Seen>()
  let last: string
  let faults = 0

  // biome-ignore lint/suspicious/noExplicitAny: an event's type follows from its name, which only the caller knows
  const on = (target: EventTarget, types: string, listen: (event: any) => void) => {
    for (const type of types.split(' '))
      target.addEventListener(type, guard(listen), { passive: true, capture: true })
  }
  /** Not on a thank-you page, which may have its address below the checkout's. */
  const isHere = () => !core.ordered && (location.pathname === from || isCheckout())
  /** Whether this is news on this page load. */
  const isNew = (what: string) => !said.has(what) && said.add(what)

  const reach = (step: string | undefined) => {
    if (step && isNew(step)) track('checkout_step_reached', { step })
  }
  const pay = (how: string) => {
    reach('payment')
    if (isNew(how)) track('payment_info_added', { how })
  }
  /** By the page's address, the shop's own row of steps, and what it has pushed for GA4 so far. */
  const look = guard(() => {
    if (!isHere()) return
    const { pathname, search, hash } = location
    const row = document.querySelector('[aria-current=step]')
    reach(find(STEPS, [pathname, search, hash, row?.textContent].join()))
    // biome-ignore lint/suspicious/noExplicitAny: anything at all is pushed into dataLayer
    for (const entry of (window as any).dataLayer || []) {
      const name = entry?.event || entry?.[1]
      if (name === 'add_shipping_info') reach('shipping')
      if (name === 'add_payment_info') pay('told')
    }
  })

  const note = (field: HTMLInputElement) => {
    if (!field.matches?.(FIELD) || NO_FIELD.test(field.type) || !isHere()) return
    let one = seen.get(field)
    if (!one) {
      one = { kind: kindOf(field), state: 'empty', ms: 0, changes: 0, _since: 0 } as Seen
      seen.set(field, one)
    }
    return one
  }
  const rest = (one: Seen) => {
    if (one._since) one.ms += Date.now() - one._since
    one._since = 0
  }

  /** Shown as wrong once, a field stays so until it is told; and it may be while nobody is in it. */
  const judge = guard(() => {
    for (const field of document.querySelectorAll<HTMLInputElement>(WRONG)) {
      const one = note(field)
      if (one) one.state = 'error'
    }
  })
  on(document, 'focusin focusout input change invalid', ({ target, type }) => {
    if (type === 'focusin') look()
    if (type === 'change' && target.type === 'radio' && isHere()) {
      const words = target.name + target.id
      if (PAYS.test(words)) pay('method')
      else if (STEPS.shipping?.test(words)) reach('shipping')
    }
    const one = note(target)
    if (!one) return
    const isCard = /^(card|cvc|exp)/.test(one.kind)
    if (type === 'focusin') {
      one._since = Date.now()
      last = one.kind
      if (isCard) reach('payment')
      else if (!/^(other|coup|pass)/.test(last)) reach('address')
    }
    if (type === 'focusout') {
      rest(one)
      judge()
    }
    if (type === 'change') one.changes++
    if (type === 'input') {
      if (one.state === 'empty') one.state = 'filled'
      if (isCard) pay('card')
    }
    if (type === 'invalid') one.state = 'error'
  })
  new MutationObserver(judge).observe(document, { subtree: true, attributeFilter: ['aria-invalid'] })
  judge()

  // Focus that goes into a frame: only afterwards is the frame the active element.
  const lookIntoFrame = guard(() => {
    const { tagName, src, name } = document.activeElement as HTMLIFrameElement
    if (tagName === 'IFRAME' && isHere() && PAYS.test(src + name)) pay('frame')
  })
  on(window, 'blur', () => setTimeout(lookIntoFrame))
  on(window, 'hashchange popstate', look)
  look()
  // The capture phase of `visibilitychange` passes the window before the outbox hears of it, so this goes with what is
  // sent then; `pagehide` comes before it.
  on(window, 'pagehide visibilitychange', ({ type }) => {
    look()
    if (!seen.size || (type !== 'pagehide' && !document.hidden)) return
    judge()
    const fields = [...seen].slice(-20).map(([field, one]): FieldLeft => {
      rest(one)
      if (one.state !== 'error' && field.required)
        one.state = field.validity.valueMissing ? 'empty' : 'filled'
      const { kind, state, ms, changes } = one
      return { kind, state, ms, changes }
    })
    seen.clear()
    track('checkout_fields', { fields, last })
  })

  /** Of an address what tells files and routes apart; ids, hashes and whatever may name somebody go. */
  const blame = (kind: string, name: unknown, url: string, line = '') => {
    const { host, pathname, protocol } = new URL(url)
    const isOurs = host === location.host
    // Of extensions, of the snippet's, or of somebody whose blocked tracker costs no cart.
    if (!/^http/.test(protocol) || url.startsWith(shopUrl) || !isHere()) return
    if (!isOurs && kind === 'network' && !PAYS.test(host)) return
    const path = pathname.replace(/[^/]*[@%][^/]*|[\w-]*\d[\w-]{3,}|[\w-]{24,}|\d+/g, '*')
    const place = (isOurs ? path : host) + line
    if (faults > 4 || !isNew(kind + place)) return
    faults++
    const what = `${`${name}`.replace(/\W/g, '')} ${place}`.slice(0, 120)
    track('fault_met', { kind, what, cart: visitor().cart?.id })
  }
  on(window, 'error unhandledrejection', ({ target, error, reason, filename, lineno }) => {
    const { name = 'Error', stack } = error || reason || {}
    // A script of another origin that tells nothing about itself has no file name.
    const [, file, line] = filename ? [0, filename, lineno] : /(\w[\w-]+:\S+?):(\d+):\d+/.exec(stack) || []
    if (file && name !== 'AbortError') blame('script', name, file, `:${line}`)
    else if (target.matches?.('script,link,iframe')) blame('network', 'failed', target.src || target.href)
  })
  const resources = guard((list: PerformanceObserverEntryList) => {
    for (const { name, initiatorType, responseStatus } of list.getEntries() as PerformanceResourceTiming[])
      if (responseStatus > 399 && /^(fetch|xml|scr|ifr|link)/.test(initiatorType))
        blame('network', responseStatus, name)
  })
  new PerformanceObserver(resources).observe({ type: 'resource', buffered: true })
})
