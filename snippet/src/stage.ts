// Decides and shows: the part of the snippet that is fetched only for visitors who stay, in shops with a live campaign or
// with push, whose subscribers are to be kept (renew).
// Everything is here before the shopper can leave; at the moment itself there is no request.
import type { Core } from './core.ts'
import type { Maker } from './mount.ts'
import { dealt, decide, partsOf } from './stage/decide.ts'
import { HOUR_MS, isSilent, note } from './stage/frequency.ts'
import type { Placed } from './stage/place.ts'
import { isCovered, isTyping } from './stage/typing.ts'
import type { Campaign, Heimta } from './types.ts'

const open = (core: Core) => {
  const { config, guard, track } = core
  const parts: Record<string, unknown> = {} // what the files that came later have given, by their names
  const here = new Set<string>() // campaigns exposed on this page view
  let tweaks: Placed[] = [] // the silent ones
  let shown: Placed | undefined // the one that interrupts
  /** By campaign and arm, what is made and not opened yet: at its moment there is no time. */
  let made: Record<string, Placed | undefined> = {}

  const facts = (isLeaving: boolean) => ({
    _now: Date.now(),
    _record: core.visitor(),
    _currency: config.currency,
    _path: location.pathname,
    _isAtCheckout: core.isCheckout(),
    _attention: config.attention,
    _isPreview: core.isPreview,
    _isLeaving: isLeaving && !core.ordered,
    _isCheckout: core.isCheckout() && !core.ordered,
    _isEngaged: core.isEngaged,
    _seconds: core.seconds,
    _isTyping: isTyping(),
    _isCovered: isCovered(core),
    _isBusy: core.isShown || core.isSpent,
    _here: here,
    _parts: parts,
  })

  /** What an arm shows, not to be seen yet. Undefined: nothing, or it could not be made. */
  const make = (campaign: Campaign, index: number) => {
    const key = campaign.id + index
    const variant = campaign.variants[index]
    made[key] ||=
      variant &&
      guard(parts.mount as Maker)(campaign, variant, () => {
        if (!isSilent(campaign)) core.isShown = shown = undefined
      })
    return made[key]
  }

  /** Makes it while there is time: once, and only what its moment alone is missing to. */
  const prepare = guard((campaign: Campaign) => {
    const [index] = dealt(campaign, core.visitor().vid as string, core.isPreview)
    if (!(campaign.id + index in made) && core.isOpen() && decide(campaign, facts(false)) === 'trigger')
      make(campaign, index)?.warm()
  })

  /** The instant at which a campaign shows, or would show if the visitor were not held out. */
  const expose = (campaign: Campaign, index: number, p: number) => {
    const { id, version, variants } = campaign
    const interrupts = !isSilent(campaign)
    here.add(id)
    if (interrupts) {
      core.isSpent = true
      note(campaign, core.visitor().seen, Date.now()) // kept with the event that is tracked next (outbox.ts)
    }
    track('campaign_exposed', { campaign: id, arm: variants[index]?.id || 'holdout', p, version })
    const mine = make(campaign, index)
    if (!mine) return
    delete made[id + index] // the next time it is another
    if (interrupts) {
      core.isShown = true // before it opens: it may close itself at once
      shown = mine
    } else tweaks.push(mine)
    mine.open()
  }

  const tidy = () => {
    for (const tweak of tweaks) tweak.remove()
    tweaks = []
  }

  /** A signal, or a second has passed. */
  const look = (isLeaving: boolean) => {
    if (!core.isOpen() || document.hidden) return
    // It went with the body: Turbo and its like put another one in its place.
    if (!document.querySelector('heimta-push,heimta-widget')) shown?.remove()
    for (const campaign of config.campaigns) {
      const decision = decide(campaign, facts(isLeaving))
      if (decision === 'trigger' && !isSilent(campaign))
        (window.requestIdleCallback || setTimeout)(() => prepare(campaign))
      if (decision === 'widget') partsOf(campaign).map(core.load)
      if (Array.isArray(decision)) expose(campaign, ...decision)
    }
  }

  /** Takes everything of ours off the page, and lets nothing interrupt on this page view any more. */
  const remove = () => {
    tidy()
    for (const one of [shown, ...Object.values(made)]) one?.remove()
    made = {}
    core.isSpent = true
  }

  const does: Record<string, () => void> = {
    second: () => look(false),
    exit_intended: () => look(true),
    // Another page view: what was on the old page goes, and attention is whole again.
    page_viewed: () => {
      tidy()
      here.clear()
      core.isSpent = false
    },
    // What helps with the checkout has done so; this may still be below the checkout's address. What was offered, or asked,
    // before the order is about nothing now: a page that is not loaded anew would keep it over its thanks.
    order_completed: () => {
      tidy()
      shown?.remove()
    },
    // Consent is withdrawn.
    erased: remove,
  }
  core.taps.push((what) => does[what]?.())
  Object.assign(core, {
    parts,
    here,
    remove,
    look,
    why: (campaign: Campaign) => decide(campaign, facts(false)),
    widget: (name: string, part: unknown) => {
      parts[name] = part
      look(false)
    },
  })
  core.load('rules')
  // The way to push on an iPhone, and what keeps a subscription alive: named only in shops with push.
  if (!('PushManager' in window)) core.load('home')
  if (core.visitor().push) core.load('renew')
  look(false)
  // A message of ours led here (its token is out of the address by now, but the browser still knows): as if something
  // interrupted an hour from now, so that until then nothing does. Last: a page may have taken that record away.
  if (performance.getEntriesByType('navigation')[0]?.name.includes('heimta_r'))
    note({ id: '' } as Campaign, core.visitor().seen, Date.now() + HOUR_MS)
}

const page = window as unknown as { heimta: Heimta }
page.heimta('plugin', open)
