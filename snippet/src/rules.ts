// The conditions that few campaigns have, in a file of its own: fetched with the stage where a live campaign has one.
// It hears before the stage does what there is to know, and the stage asks it before anything shows.
import type { Core } from './core.ts'
import { ask } from './rules/ask.ts'
import { fresh, type Moments } from './rules/moments.ts'
import type { Campaign, Heimta } from './types.ts'

const MAX_ATTRIBUTES = 20
const { heimta } = window as unknown as { heimta: Heimta }

const open = (core: Core) => {
  const { guard } = core
  const { campaigns } = core.config
  const now = () => Date.now()
  const moments = { attributes: {}, added: 0, ...fresh(now()), isOrdered: core.ordered === 2 } as Moments

  const call = (id: string) => {
    moments.called[id] = now()
    core.look?.(false)
  }

  /**
   * Where the visit came from is kept in the record from its first page view on; another visit has another session.
   * The pieces in the cart are too: many shops answer to "add to cart" with another page.
   */
  const count = () => {
    const record = core.visitor()
    const { sid, cart } = record
    if (record.visit?.sid !== sid) {
      const { hostname } = new URL(document.referrer || 'https://direct')
      record.visit = {
        sid: sid as string,
        ref: hostname === location.hostname ? '' : hostname,
        utm: new URLSearchParams(location.search).get('utm_source') || '',
      }
    }
    const visit = record.visit as NonNullable<typeof record.visit>
    const pieces = (cart?.lines || []).reduce((all, { qty }) => all + qty, 0)
    if (pieces > (visit.pieces as number)) moments.added = now()
    visit.pieces = pieces
    Object.assign(moments, visit)
    core.save()
  }
  count()

  const does: Record<string, (props: { score?: number }) => void> = {
    page_viewed: () => {
      Object.assign(moments, fresh(now()))
    },
    second: () => {
      const seen = (scrollY + innerHeight) / document.documentElement.scrollHeight
      moments.depth = Math.max(moments.depth, seen * 100)
      if (document.fullscreenElement) moments.alive = now() // a film
    },
    exit_intended: ({ score }) => {
      moments.score = score as number
    },
    order_completed: () => {
      moments.isOrdered = true
    },
    cart_updated: count,
  }
  // First, so that the stage finds it when it hears.
  core.taps.unshift((what, props) => does[what]?.(props))

  const listen = (trigger: string, types: string, hear: (event: Event) => void) => {
    if (campaigns.some(({ trigger: { on } }) => on === trigger))
      for (const type of types.split(' '))
        window.addEventListener(type, guard(hear), { passive: true, capture: true })
  }
  listen('idle', 'pointermove pointerdown keydown scroll visibilitychange', () => {
    moments.alive = now()
  })
  listen('click', 'click', ({ target }) => {
    for (const { id, trigger } of campaigns)
      if (trigger.on === 'click' && (target as Element).closest(trigger.selector as string)) call(id)
  })

  /** Words, and few of them. They are for the audience, stay in this page, and are never sent. */
  const tell = (given: Record<string, unknown>) => {
    for (const [name, value] of Object.entries(given).slice(0, MAX_ATTRIBUTES))
      moments.attributes[name.slice(0, 40)] = `${value}`.slice(0, 100)
    const kept = Object.entries(moments.attributes).slice(-MAX_ATTRIBUTES)
    moments.attributes = Object.fromEntries(kept)
  }
  const commands: Record<string, (value: never) => void> = { show: call, attributes: tell }
  // What the shop has said before us.
  for (const [name, value] of (heimta.q || []) as [string, never][]) guard(commands[name] || count)(value)
  Object.assign(core, commands, { moments })

  const answer = guard((campaign: Campaign) =>
    ask(campaign, {
      _now: now(),
      _record: core.visitor(),
      _device: core.device,
      _lang: core.lang,
      _moments: moments,
    }),
  )
  // A condition that fails to answer does not hold: a timezone that this browser does not know.
  core.widget?.('rules', (campaign: Campaign) => answer(campaign) ?? 'rules')
}
heimta('plugin', open)
