// Decides and shows: the part of the snippet that is fetched only for visitors who stay, in shops with a live campaign.
// Everything is here before the shopper can leave; at the moment itself there is no request.
import type { Core } from './core.ts'
import { createContext } from './stage/context.ts'
import { decide, partsOf } from './stage/decide.ts'
import { HOUR_MS, isSilent, note } from './stage/frequency.ts'
import { isTyping } from './stage/typing.ts'
import type { Campaign, Heimta, Mount } from './types.ts'

const open = (core: Core) => {
  const { config, guard, track } = core
  const parts: Record<string, unknown> = {} // what the files that came later have given, by their names
  const here = new Set<string>() // campaigns exposed on this page view
  let tweaks: (() => void)[] = [] // takes the silent ones away
  let takeAway = () => {}

  const facts = (isLeaving: boolean) => ({
    _now: Date.now(),
    _record: core.visitor(),
    _currency: config.currency,
    _path: location.pathname,
    _attention: config.attention,
    _isPreview: core.isPreview,
    _isLeaving: isLeaving,
    _isCheckout: core.isCheckout(),
    _isEngaged: core.isEngaged,
    _seconds: core.seconds,
    _isTyping: isTyping(),
    _isCovered: core.isCovered?.(),
    _isBusy: core.isShown || core.isSpent,
    _here: here,
    _parts: parts,
  })

  /** The instant at which a campaign shows, or would show if the visitor were not held out. */
  const expose = (campaign: Campaign, index: number, p: number) => {
    const { id, version, variants } = campaign
    const variant = variants[index]
    const interrupts = !isSilent(campaign)
    here.add(id)
    if (interrupts) {
      core.isSpent = true
      note(campaign, core.visitor().seen, Date.now()) // kept with the event that is tracked next (outbox.ts)
    }
    track('campaign_exposed', { campaign: id, arm: variant?.id || 'holdout', p, version })
    if (!variant) return
    // The widget may close itself before it is done mounting.
    core.isShown ||= interrupts
    const context = createContext(core, campaign, variant, () => {
      if (interrupts) core.isShown = false
    })
    const remove = guard(parts[variant.content.widget] as Mount)(context)
    if (!remove) core.isShown &&= !interrupts
    else if (interrupts) takeAway = remove
    else tweaks.push(remove)
  }

  const tidy = () => {
    for (const remove of tweaks) guard(remove)()
    tweaks = []
  }

  /** A signal, or a second has passed. */
  const look = (isLeaving: boolean) => {
    if (!core.isOpen() || document.hidden) return
    for (const campaign of config.campaigns) {
      const decision = decide(campaign, facts(isLeaving))
      if (decision === 'widget') partsOf(campaign).map(core.load)
      if (typeof decision !== 'string') expose(campaign, ...decision)
    }
  }

  /** Takes everything of ours off the page. */
  const remove = () => {
    tidy()
    if (core.isShown) guard(takeAway)()
    core.isShown = false
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
