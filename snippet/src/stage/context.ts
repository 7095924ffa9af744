// All that a widget may ask of the snippet (WidgetContext): widgets never reach around it.
import type { Core } from '../core.ts'
import { exponentOf, format } from '../money.ts'
import type { Campaign, Text, Variant, WidgetContext } from '../types.ts'
import { DONE, note } from './frequency.ts'
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

/** gone: the widget has left the page. */
export const createContext = (
  core: Core,
  campaign: Campaign,
  variant: Variant,
  gone: () => void,
): WidgetContext & { _open(): void } => {
  const { config, edge, lang, visitor } = core
  const arm = variant.id
  // Widgets call it from listeners and timers of their own.
  const about = core.guard((name: string, props?: object) =>
    core.track(name, { campaign: campaign.id, arm, ...props }),
  )
  /** Kept with the event that is tracked next (outbox.ts). */
  const done = () => note(campaign, visitor().seen, DONE)
  let since: number
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
      const currency = visitor().cart?.currency || config.currency
      return format(minor, currency, visitor().cart?.exponent ?? exponentOf(currency, config), lang)
    },
    track: (name, props) => {
      if (name === 'survey_answered') done()
      about(name, props)
    },
    post: async (path, body) => {
      const answer = await fetch(`${core.shopUrl}/${path}`, {
        method: 'POST',
        body: JSON.stringify({ vid: visitor().vid, ...body }),
        credentials: 'omit',
      })
      const told = await answer.json()
      if (!answer.ok) throw told.error.said || ''
      if (path === 'push') {
        visitor().push = !!(body as { subscription?: unknown }).subscription
        core.save()
      }
      return told
    },
    _open: () => {
      since = Date.now()
    },
    accepted: () => {
      if (isAccepted) return
      isAccepted = true
      done()
      about('campaign_accepted')
    },
    closed: (how) => {
      if (!isAccepted) {
        if (campaign.frequency.no && Date.now() - since > ACCIDENT_MS && /no|close/.test(how as string))
          done()
        about('campaign_dismissed', { how })
      }
      gone()
    },
  }
}
