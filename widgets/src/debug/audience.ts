// An audience in a merchant's words: what each rule wants, and what this visitor has.
import { isIn as isInRare, type Seen } from '../../../snippet/src/rules/audience.ts'
import { isIn, type Surroundings } from '../../../snippet/src/stage/audience.ts'
import type { Audience, Span } from '../../../snippet/src/types.ts'

export type Known = Surroundings & Seen & { _money: (minor: number | undefined) => string }

/** [what is wanted, what is] */
type Pair = [string, string]
type Words = { [Name in keyof Audience]-?: (wanted: NonNullable<Audience[Name]>, known: Known) => Pair }

const either = (words: string[]) => words.map((word) => `“${word}”`).join(' or ')

const clock = (minute: number) =>
  `${`${Math.floor(minute / 60)}`.padStart(2, '0')}:${`${minute % 60}`.padStart(2, '0')}`

export const spans = (hours: Span[]) =>
  hours.map(([begin, end]) => `${clock(begin)} to ${clock(end)}`).join(' or ')

const total = ({ _record: { cart }, _currency, _money }: Known) =>
  cart && cart.currency !== _currency
    ? `it is in ${cart.currency}`
    : `it is ${_money(cart ? cart.total_minor : 0)}`

const lines = ({ _record: { cart } }: Known) => {
  const skus = (cart?.lines || []).map(({ sku }) => sku)
  return skus.length ? `it holds ${skus.join(', ')}` : 'it is empty'
}
const path = ({ _path }: Known) => `this is ${_path}`
const visits = ({ _record }: Known) => `this is visit ${_record.visits}`

const words: Words = {
  min_cart_minor: (least, known) => [`A cart from ${known._money(least)}`, total(known)],
  max_cart_minor: (most, known) => [`A cart up to ${known._money(most)}`, total(known)],
  min_items: (least, { _record: { cart } }) => [
    `${least} or more items in the cart`,
    `there are ${(cart?.lines || []).reduce((all, { qty }) => all + qty, 0)}`,
  ],
  holds: (globs, known) => [`A cart with ${either(globs)}`, lines(known)],
  not_holds: (globs, known) => [`A cart without ${either(globs)}`, lines(known)],
  pages: (globs, known) => [`The page ${either(globs)}`, path(known)],
  not_pages: (globs, known) => [`Any page but ${either(globs)}`, path(known)],
  referrers: (globs, { _moments: { ref } }) => [
    `The visit came from ${either(globs)}`,
    ref ? `it came from “${ref}”` : 'where it came from was not seen',
  ],
  utm_sources: (globs, { _moments: { utm } }) => [
    `The visit came with utm_source ${either(globs)}`,
    utm ? `it had “${utm}”` : 'it had none',
  ],
  devices: (wanted, { _device }) => [`A ${wanted.join(' or a ')} device`, `this is a ${_device} one`],
  languages: (wanted, { _lang }) => [`The language ${either(wanted)}`, `it is “${_lang}”`],
  visitors: (wanted, known) => [`A ${wanted} visitor`, visits(known)],
  min_visits: (least, known) => [`Visit ${least} or later`, visits(known)],
  max_visits: (most, known) => [`Visit ${most} or earlier`, visits(known)],
  hours: (wanted, { _now }) => {
    const now = new Date(_now)
    return [
      `From ${spans(wanted)} by the shopper’s clock`,
      `it is ${clock(now.getHours() * 60 + now.getMinutes())}`,
    ]
  },
  push: (wanted, { _record }) => [
    `A visitor ${wanted === 'subscribed' ? 'with' : 'without'} notifications`,
    _record.push ? 'has them' : 'has none',
  ],
  attributes: (wanted, { _moments: { attributes } }) => [
    Object.entries(wanted)
      .map(([name, globs]) => `${name} is ${either(globs)}`)
      .join(', and '),
    Object.keys(wanted)
      .map((name) =>
        attributes[name] === undefined ? `${name} was not said` : `${name} is “${attributes[name]}”`,
      )
      .join(', '),
  ],
}

/** [holds, words] of each rule of an audience, always as many. */
export const rulesInWords = (audience: Audience, known: Known): [boolean, string][] =>
  (Object.keys(audience) as (keyof Audience)[]).map((name) => {
    const rule = { [name]: audience[name] }
    const [wanted, is] = words[name](audience[name] as never, known)
    return [isIn(rule, known) && isInRare(rule, known), `${wanted}: ${is}.`]
  })
