// The debug overlay: tells a merchant what the snippet sees, what it decides and why. Only on a page that was asked for
// with ?heimta=debug, and for the rest of that visit; shoppers never get this file. It sends nothing and stores one word.
// In the top layer and a closed shadow root: neither the shop's rules nor its z-index reach it, and it reaches nothing.
import type { Core } from '../../snippet/src/core.ts'
import type { Cart } from '../../snippet/src/types.ts'
import { campaignPart } from './debug/campaigns.ts'
import { deliveryInWords, onAnswer, waiting } from './debug/delivery.ts'
import { css } from './debug/look.ts'
import { createPanel, say } from './debug/panel.ts'
import { cartInWords, consentInWords, consentSources, eventInWords, moneyOf } from './debug/words.ts'
import { h } from './dom.ts'

const KEPT = 50 // events listed

const section = (title: string, ...kids: HTMLElement[]) => h('section', {}, h('h2', {}, title), ...kids)

const consentPart = (core: Core) => {
  const state = h('p')
  const from = h('p')
  const look = () => {
    const [tone, text] = consentInWords(core)
    say(state, text, tone)
    const sources = consentSources(window)
    say(
      from,
      sources.length
        ? `Heard on this page: ${sources.join('; ')}.`
        : 'No banner that we know is here; yours calls heimta(‘consent’, …).',
    )
  }
  return { part: section('Consent', state, from), look }
}

const cartPart = (core: Core) => {
  const state = h('p')
  const lines = h('ul')
  const adapter = core.config.adapter || 'datalayer'
  const show = (cart: Cart | null) => {
    say(
      state,
      cart
        ? `${cartInWords(core, cart)}${cart.code ? `, with code ${cart.code}` : ''}.`
        : 'No cart is known: empty, or not read yet.',
      cart ? 'good' : 'wait',
    )
    const money = cart && moneyOf(core, cart.currency, cart.exponent)
    lines.replaceChildren(
      ...(cart?.lines || []).map(({ sku, name, qty, unit_minor }) =>
        h('li', {}, `${qty} × ${name || sku}, ${money?.(unit_minor)}`, h('small', {}, ` ${sku}`)),
      ),
    )
  }
  const look = () => show(core.visitor().cart || null)
  return { part: section('Cart', state, lines, h('p', {}, `Read by the adapter “${adapter}”.`)), look }
}

const deliveryPart = (core: Core) => {
  const state = h('p')
  let last: [number, number] = [0, 0]
  const off = onAnswer(core, (at, status) => {
    last = [at, status]
  })
  const look = core.guard(async () => {
    if (!core.isOpen()) return say(state, 'Nothing is sent without consent.', 'wait')
    const [tone, text] = deliveryInWords((await waiting()).length, ...last)
    say(state, text, tone)
  })
  return { part: section('Delivery', state), look, off }
}

const eventPart = (core: Core) => {
  const items = h('ol')
  const none = h('p', {}, 'None since this panel opened.')
  const add = (name: string, props: object, at = Date.now()) => {
    none.remove()
    const time = new Date(at).toLocaleTimeString([], { hour12: false })
    const words = eventInWords(core, name, props as Record<string, unknown>)
    const told = h('pre', { tabIndex: 0 }, `${name} ${JSON.stringify(props, null, 1)}`)
    items.prepend(h('li', {}, h('details', {}, h('summary', {}, h('time', {}, time), words), told)))
    while (items.children.length > KEPT) items.lastChild?.remove()
  }
  // What came before us, as far as it is still on its way. Without consent there is no shelf to look at.
  const begin = core.guard(async () => {
    if (!core.isOpen()) return
    const here = location.pathname + location.search
    for (const { ev } of await waiting()) if (ev.u === here) add(ev.t, ev.p, ev.at)
  })
  return { part: section('Events, newest first', none, items), add, begin }
}

const aboutOf = ({ isPreview, config }: Core) => {
  const counts = isPreview
    ? 'never counted'
    : 'counted like any (data-heimta-preview on the tag keeps it out)'
  return `Shop ${config.shop}, revision ${config.rev}. This visit is ${counts}.`
}

const open = (core: Core) => {
  const host = h('heimta-debug' as 'div')
  const [consent, cart, campaigns] = [
    consentPart(core),
    cartPart(core),
    campaignPart(core, (end) => frame.preview(end)),
  ]
  const [delivery, events] = [deliveryPart(core), eventPart(core)]
  const close = () => {
    core.taps.splice(core.taps.indexOf(tap), 1)
    clearInterval(timer)
    delivery.off()
    campaigns.off()
    sessionStorage.removeItem('heimta')
    host.remove()
  }
  const frame = createPanel(
    host,
    [campaigns, consent, cart, delivery, events].map(({ part }) => part),
    aboutOf(core),
    close,
  )

  const look = core.guard(() => {
    consent.look()
    cart.look()
    delivery.look()
    campaigns.look()
    frame.look()
  })
  const tap = (name: string, props: object) => {
    if (name !== 'second') events.add(name, props)
    look()
  }
  core.taps.push(tap)
  const timer = setInterval(look, 1000) // without consent there are no taps

  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  const root = host.attachShadow({ mode: 'closed' })
  root.adoptedStyleSheets = [sheet]
  root.append(frame.panel)
  document.documentElement.append(host)
  frame.panel.showPopover?.()
  frame.show()
  look()
  events.begin()
}

heimta('plugin', open)
