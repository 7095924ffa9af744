// Waits for the triggers of the campaigns, loads what may be needed, and shows what is decided.
import type { createCart } from './cart.ts'
import { createContext, type Home } from './context.ts'
import { decide, refusal, widgetsOf } from './decide.ts'
import type { Facts } from './facts.ts'
import { isSilent, noteExposure } from './frequency.ts'
import { guard } from './guard.ts'
import { createLoader } from './load.ts'
import type { Storage } from './storage.ts'
import type { Campaign, Mount, Trigger } from './types.ts'

const TICK_MS = 1000

const TEXT_FIELD =
  'textarea,[contenteditable],input:not([type=radio],[type=checkbox],[type=button],[type=submit])'

/** A text field that has the focus and text in it; an empty one was focused by the page as likely as by the shopper. */
const isTyping = () => {
  const field = document.activeElement
  return !!field?.matches(TEXT_FIELD) && (field as HTMLInputElement).value !== ''
}

export const createShow = (
  home: Home,
  storage: Storage,
  cart: ReturnType<typeof createCart>,
  track: (name: string, props: object) => void,
  device: 'pointer' | 'touch',
  preview: boolean,
) => {
  const { config } = home
  const { record } = storage
  const load = createLoader(home.edge, config.widgets, home.nonce)
  const mounts: Record<string, Mount> = {}
  const silent = new Set<() => void>()
  const exposed = new Set<string>()
  let takeAway: (() => void) | undefined
  let isOpen = false
  let isSpent = false // one interruption a page view
  let isEngaged = false
  let seconds = 0
  let timer: ReturnType<typeof setInterval> | undefined

  const isReady = (widget: string) =>
    !!mounts[widget] &&
    (widget !== 'push' || (!!config.push && 'PushManager' in window && Notification.permission !== 'denied'))

  const facts = (): Facts => ({
    now: Date.now(),
    record,
    currency: config.currency,
    path: location.pathname,
    device,
    lang: home.lang,
    preview,
    typing: isTyping(),
    busy: isOpen || isSpent,
    here: exposed,
    ready: isReady,
  })

  const show = (fires: (campaign: Campaign) => boolean) => {
    const now = facts()
    const decision = decide(config.campaigns, now, fires)
    if (typeof decision === 'string') return
    const { campaign, variant, p } = decision
    const quiet = isSilent(campaign)
    exposed.add(campaign.id)
    if (!quiet) {
      isSpent = true
      noteExposure(campaign, record, now.now)
      storage.save()
    }
    track('campaign_exposed', {
      campaign: campaign.id,
      arm: variant?.id || 'holdout',
      p,
      version: campaign.version,
    })
    if (!variant) return
    if (!quiet) isOpen = true
    const gone = () => {
      if (!quiet) isOpen = false
    }
    const context = createContext(home, storage, cart, track, campaign, variant, gone)
    const remove = guard(mounts[variant.content.widget] as Mount)(context)
    if (!remove) gone()
    else if (quiet) silent.add(remove)
    else takeAway = remove
  }

  const holds: Record<Trigger['on'], (after: number) => boolean> = {
    exit: () => false, // an instant, not a state
    after: (after) => seconds >= after,
    engaged: (after) => isEngaged && seconds >= after,
    checkout: () => location.pathname.startsWith(config.urls.checkout),
  }

  const tick = guard(() => {
    if (!timer || document.hidden) return
    const now = facts()
    for (const campaign of config.campaigns) {
      const { on, after_s = 0 } = campaign.trigger
      if (refusal(campaign, now)) continue
      if (isEngaged || seconds > 1 || on === 'checkout') widgetsOf(campaign).forEach(load)
      if (holds[on](after_s)) show((one) => one === campaign)
    }
  })

  return {
    start: () => {
      timer ||= setInterval(() => {
        if (!document.hidden) seconds++
        tick()
      }, TICK_MS)
      tick()
    },
    /** Another page view: what was on the old page goes, and attention is whole again. */
    page: () => {
      for (const remove of silent) guard(remove)()
      silent.clear()
      exposed.clear()
      seconds = 0
      isSpent = false
      tick()
    },
    engaged: () => {
      isEngaged = true
    },
    exit: () => {
      if (timer) show(({ trigger }) => trigger.on === 'exit')
    },
    /** A widget's file has come. */
    add: (name: string, mount: Mount) => {
      mounts[name] = mount
      tick()
    },
    /** Consent is withdrawn: everything goes. */
    stop: () => {
      clearInterval(timer)
      timer = undefined
      if (isOpen && takeAway) guard(takeAway)()
      isOpen = false
      for (const remove of silent) guard(remove)()
      silent.clear()
    },
  }
}
