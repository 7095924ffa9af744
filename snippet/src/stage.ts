// Decides and shows: the part of the snippet that is fetched only for visitors who stay, in shops with a live campaign.
// Everything is here before the shopper can leave; at the moment itself there is no request.
import type { Core, Moment, Stage } from './core.ts'
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

const open = (core: Core): Stage => {
  const { config, guard, track } = core
  const mounts: Record<string, Mount> = {}
  const here = new Set<string>() // campaigns exposed on this page view
  let tweaks: (() => void)[] = [] // takes the silent ones away
  let takeAway = () => {}
  let isOpen = false
  let isSpent = false // one interruption a page view

  const facts = (moment: Moment) => ({
    _now: Date.now(),
    _record: core.visitor(),
    _currency: config.currency,
    _path: location.pathname,
    _device: core.device,
    _lang: core.lang,
    _isPreview: core.isPreview,
    _isLeaving: moment.isLeaving,
    _isCheckout: location.pathname.startsWith(config.urls.checkout),
    _isEngaged: moment.isEngaged,
    _seconds: moment.seconds,
    _isTyping: isTyping(),
    _isBusy: isOpen || isSpent,
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
    isOpen ||= interrupts
    const context = createContext(core, campaign, variant, () => {
      if (interrupts) isOpen = false
    })
    const remove = guard(mount)(context)
    if (!remove) isOpen &&= !interrupts
    else if (interrupts) takeAway = remove
    else tweaks.push(remove)
  }

  const tidy = () => {
    for (const remove of tweaks) guard(remove)()
    tweaks = []
  }

  return {
    look: (moment) => {
      for (const campaign of config.campaigns) {
        const decision = decide(campaign, facts(moment))
        if (decision === 'widget') for (const { content } of campaign.variants) core.load(content.widget)
        if (typeof decision !== 'string') expose(campaign, ...decision)
      }
    },
    add: (name, mount) => {
      mounts[name] = mount
    },
    turn: () => {
      tidy()
      here.clear()
      isSpent = false
    },
    clear: () => {
      tidy()
      if (isOpen) guard(takeAway)()
      isOpen = false
    },
  }
}

const { heimta } = window as unknown as { heimta: Heimta }
heimta('stage', open)
