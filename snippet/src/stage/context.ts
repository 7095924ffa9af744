// All that a widget may ask of the snippet (WidgetContext): widgets never reach around it.
import type { Core } from '../core.ts'
import { exponentOf, format } from '../money.ts'
import type { Campaign, Text, Variant, WidgetContext } from '../types.ts'
import { DONE, note, timesOf } from './frequency.ts'
import { onCart } from './on-cart.ts'

/** The text in the shopper's language, else in the shop's first; {name} is replaced from `values`. */
export const say = (
  text: Text,
  lang: string,
  languages: string[],
  values: Record<string, string | number> = {},
) => {
  const words =
    typeof text === 'string' ? text : [lang, ...languages].map((one) => text[one]).find((one) => one)
  return (words || '').replace(/\{(\w+)\}/g, (hole, name) => `${values[name] ?? hole}`)
}

/** Whatever closes it so soon was under the finger before it came. */
const ACCIDENT_MS = 2000

/** As long as somebody looks at "One moment …". What hangs is told as what failed: it may be tried again. */
const PATIENCE_MS = 10_000

/** gone: the widget has left the page. */
export const createContext = (
  core: Core,
  campaign: Campaign,
  variant: Variant,
  gone: () => void,
): WidgetContext => {
  const { config, edge, lang, visitor } = core
  const arm = variant.id
  // Widgets call it from listeners and timers of their own.
  const about = core.guard((name: string, props?: object) =>
    core.track(name, { campaign: campaign.id, arm, ...props }),
  )
  /** Kept with the event that is tracked next (outbox.ts). */
  const done = () => note(campaign, visitor().seen, DONE)
  let isAccepted = false

  return {
    content: variant.content,
    campaign,
    arm,
    config,
    lang,
    edge,
    nonce: core.nonce,
    trust: core.trust,
    theme: campaign.theme || config.theme,
    part: (name) => core.parts[name],
    text: (text, values) => say(text, lang, config.languages, values),
    cart: () => visitor().cart || null,
    onCart: (listen) => onCart(core, listen),
    money: (minor) => {
      const { currency = config.currency, exponent = exponentOf(currency, config) } = visitor().cart || {}
      return format(minor, currency, exponent, lang)
    },
    track: (name, props) => {
      if (name === 'survey_answered') done()
      about(name, props)
    },
    post: async (path, body) => {
      const answer = await fetch(`${core.shopUrl}/${path}`, {
        method: 'POST',
        signal: AbortSignal.timeout?.(PATIENCE_MS),
        body: JSON.stringify({ vid: visitor().vid, ...body }),
        credentials: 'omit',
      })
      const told = await answer.json()
      if (!answer.ok) throw told.error.said || ''
      if (path === 'push') {
        visitor().push = true
        core.save()
      }
      return told
    },
    accepted: () => {
      if (isAccepted) return
      isAccepted = true
      done()
      about('campaign_accepted')
    },
    closed: (how) => {
      if (!isAccepted) {
        // Its exposure was noted as it opened.
        const openedAt = timesOf(visitor().seen, campaign.id).at(-1) as number
        if (campaign.frequency.no && /no|close/.test(how as string) && Date.now() - openedAt > ACCIDENT_MS)
          done()
        about('campaign_dismissed', { how })
      }
      gone()
    },
  }
}
