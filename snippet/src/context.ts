// All that a widget may ask of the snippet (WidgetContext): widgets never reach around it.
import type { createCart } from './cart.ts'
import { noteDone } from './frequency.ts'
import { exponentOf, format } from './money.ts'
import type { Storage } from './storage.ts'
import { say } from './texts.ts'
import type { Campaign, Config, Variant, WidgetContext } from './types.ts'

export interface Home {
  config: Config
  edge: string
  nonce: string
  lang: string
}

/** gone: the widget has left the page. */
export const createContext = (
  { config, edge, nonce, lang }: Home,
  { record, save }: Storage,
  cart: ReturnType<typeof createCart>,
  track: (name: string, props: object) => void,
  campaign: Campaign,
  variant: Variant,
  gone: () => void,
): WidgetContext => {
  const arm = variant.id
  const about = (name: string, props?: object) => track(name, { campaign: campaign.id, arm, ...props })
  const done = () => {
    noteDone(campaign, record)
    save()
  }
  let isAccepted = false

  return {
    content: variant.content,
    campaign,
    arm,
    config,
    lang,
    edge,
    nonce,
    text: (text, values) => say(text, lang, config.languages, values),
    cart: () => record.cart,
    onCart: cart.listen,
    money: (minor) => {
      const currency = record.cart?.currency || config.currency
      return format(minor, currency, record.cart?.exponent ?? exponentOf(currency), lang)
    },
    track: (name, props) => {
      if (name === 'survey_answered') done()
      about(name, props)
    },
    post: async (path, body) => {
      const answer = await fetch(`${edge}/s/${config.shop}/${path}`, {
        method: 'POST',
        body: JSON.stringify({ vid: record.vid, ...body }),
        credentials: 'omit',
      })
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
      if (path === 'push') {
        record.push = !!(body as { subscription?: unknown }).subscription
        save()
      }
      return answer.json()
    },
    apply: async (code) => {
      const answer = await fetch(config.urls.apply.replace('{code}', encodeURIComponent(code)))
      return answer.ok
    },
    accepted: () => {
      if (isAccepted) return
      isAccepted = true
      done()
      about('campaign_accepted')
    },
    closed: (how) => {
      if (!isAccepted) about('campaign_dismissed', { how })
      gone()
    },
  }
}
