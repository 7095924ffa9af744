// Decides and shows: the part of the snippet that is fetched only for visitors who stay, in shops with a live campaign.
// Everything is here before the shopper can leave; at the moment itself there is no request.
import type { Core } from './core.ts'
import { createContext } from './stage/context.ts'
import { decide } from './stage/decide.ts'
import { isSilent, note } from './stage/frequency.ts'
import type { Campaign, Heimta, Mount } from './types.ts'

const TEXT_FIELD =
  'textarea,[contenteditable],input:not([type=radio],[type=checkbox],[type=button],[type=submit])'

/** A text field that has the focus and text in it; an empty one was focused by the page as likely as by the shopper. */
const isTyping = () => {
  const field = document.activeElement as HTMLInputElement | null
  return !!field?.matches(TEXT_FIELD) && field.value !== ''
}

/** What can be shown at all must not depend on the arm, so it is asked before the arm is dealt. */
const canWork = (widget: string, hasPush: boolean) =>
  widget !== 'push' || (hasPush && 'PushManager' in window && Notification.permission !== 'denied')

const open = (core: Core) => {
  const { config, guard, track } = core
  const mounts: Record<string, Mount> = {}
  const here = new Set<string>() // campaigns exposed on this page view
  let tweaks: (() => void)[] = [] // takes the silent ones away
  let takeAway = () => {}
  let isSpent = false // one interruption a page view

  const facts = (isLeaving: boolean) => ({
    _now: Date.now(),
    _record: core.visitor(),
    _currency: config.currency,
    _path: location.pathname,
    _device: core.device,
    _lang: core.lang,
    _isPreview: core.isPreview,
    _isLeaving: isLeaving,
    _isCheckout: location.pathname.startsWith(config.urls.checkout),
    _isEngaged: core.isEngaged,
    _seconds: core.seconds,
    _isTyping: isTyping(),
    _isBusy: !!core.isShown || isSpent,
    _here: here,
    _isReady: (widget: string) => !!mounts[widget] && canWork(widget, !!config.push),
  })

  /** The instant at which a campaign shows, or would show if the visitor were not held out. */
  const expose = (campaign: Campaign, index: number, p: number) => {
    const { id, version, variants } = campaign
    const variant = variants[index]
    const interrupts = !isSilent(campaign)
    here.add(id)
    if (interrupts) {
      isSpent = true
      note(campaign, core.visitor().seen, Date.now())
      core.save()
    }
    track('campaign_exposed', { campaign: id, arm: variant?.id || 'holdout', p, version })
    const mount = variant && mounts[variant.content.widget]
    if (!mount) return
    // The widget may close itself before it is done mounting.
    core.isShown ||= interrupts
    const context = createContext(core, campaign, variant, () => {
      if (interrupts) core.isShown = false
    })
    const remove = guard(mount)(context)
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
      if (decision === 'widget') for (const { content } of campaign.variants) core.load(content.widget)
      if (typeof decision !== 'string') expose(campaign, ...decision)
    }
  }

  const does: Record<string, () => void> = {
    second: () => look(false),
    exit_intended: () => look(true),
    // Another page view: what was on the old page goes, and attention is whole again.
    page_viewed: () => {
      tidy()
      here.clear()
      isSpent = false
    },
    // Consent is withdrawn: everything goes.
    erased: () => {
      tidy()
      if (core.isShown) guard(takeAway)()
      core.isShown = false
    },
  }
  core.taps.push((what) => does[what]?.())
  core.why = (campaign) => decide(campaign, facts(false))
  core.widget = (name, mount) => {
    mounts[name] = mount
    look(false)
  }
  look(false)
}

const { heimta } = window as unknown as { heimta: Heimta }
heimta('plugin', open)
