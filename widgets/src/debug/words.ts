// What was seen, in a merchant's words: consent and where it comes from, events, carts.
import type { Core } from '../../../snippet/src/core.ts'
import { format } from '../../../snippet/src/money.ts'
import type { Cart } from '../../../snippet/src/types.ts'
import type { Tone } from './conditions.ts'

type Json = Record<string, unknown>

export const moneyOf = (core: Core, currency: string, exponent: number) => (minor: number | undefined) =>
  format(minor, currency, exponent, core.lang) || 'unknown'

export const ownMoney = (core: Core) => moneyOf(core, core.config.currency, core.config.exponent)

export const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`

export const cartInWords = (core: Core, { currency, exponent, total_minor, lines }: Cart) => {
  const pieces = lines.reduce((all, { qty }) => all + qty, 0)
  return lines.length
    ? `${plural(pieces, 'item')}, ${moneyOf(core, currency, exponent)(total_minor)}`
    : 'emptied'
}

/** One line for an event. All have good names; a cart says more than its. */
export const eventInWords = (core: Core, name: string, p: Json) =>
  name === 'cart_updated'
    ? `The cart: ${cartInWords(core, p.cart as Cart)}`
    : [
        `${name[0]?.toUpperCase()}${name.slice(1).replace(/_/g, ' ')}`,
        p.name || p.sku || p.order || p.campaign || p.step || p.kind,
        p.arm || p.how || p.score,
      ]
        .filter(Boolean)
        .join(' · ')

// biome-ignore lint/suspicious/noExplicitAny: whatever other tools have put there
type Page = Record<string, any>

/** Who on this page speaks of consent. */
export const consentSources = (page: Page): string[] => {
  const said = Array.from((page.dataLayer as ArrayLike<Page | null>) || [])
    .filter((entry) => entry?.[0] === 'consent')
    .map((entry) => `${entry?.[1]} ${entry?.[2]?.analytics_storage || '(not about analytics)'}`)
  return [
    said.length ? `Google Consent Mode: ${said.join(', then ')}` : '',
    page.__tcfapi ? 'a TCF banner' : '',
    page.Shopify?.customerPrivacy ? 'Shopify customer privacy' : '',
    page.navigator?.globalPrivacyControl ? 'Global Privacy Control: a no until an explicit yes' : '',
  ].filter(Boolean)
}

export const consentInWords = (core: Core): [Tone, string] => {
  const { analytics, marketing } = core.visitor().consent || {}
  if (core.isOpen())
    return [
      'good',
      analytics
        ? `Given${marketing ? ', for marketing too' : '; not for marketing'}.`
        : 'Not asked for: the shop’s setting is “implied”.',
    ]
  if (analytics === false) return ['no', 'Refused: nothing but this no is stored, and nothing is sent.']
  const why = analytics
    ? 'Given before, but the banner on this page asks again'
    : 'Not given yet, or taken back'
  return ['wait', `${why}: nothing is stored or sent, up to 50 events wait in memory.`]
}
