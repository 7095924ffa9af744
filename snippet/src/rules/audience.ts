// Who may see a campaign, as far as it is asked rarely. The stage asks the rest (stage/audience.ts).
import { globMatches } from '../stage/audience.ts'
import type { Visitor } from '../storage.ts'
import type { Audience, Line, Span } from '../types.ts'
import type { Moments } from './moments.ts'
import { isWithin } from './schedule.ts'

export interface Seen {
  _now: number
  _record: Visitor
  _device: 'pointer' | 'touch'
  _lang: string
  _moments: Moments
}

/** Capitals do not matter in names, as they do in paths. */
const isLike = (globs: string[], text: string) =>
  globs.some((glob) => globMatches(glob.toLowerCase(), text.toLowerCase()))

const holds = (globs: string[], { _record: { cart } }: Seen) =>
  (cart?.lines || []).some(({ sku, name }: Line) => isLike(globs, sku) || isLike(globs, name))

type Rules = { [Name in keyof Audience]: (wanted: NonNullable<Audience[Name]>, seen: Seen) => boolean }

export const rules: Rules = {
  holds,
  not_holds: (globs, seen) => !holds(globs, seen),
  referrers: (globs, { _moments }) => isLike(globs, _moments.ref),
  utm_sources: (globs, { _moments }) => isLike(globs, _moments.utm),
  devices: (wanted, { _device }) => wanted.includes(_device),
  languages: (wanted, { _lang }) => wanted.includes(_lang),
  visitors: (wanted, { _record: { visits } }) => wanted !== (visits < 2 ? 'returning' : 'new'),
  min_visits: (least, { _record: { visits } }) => visits >= least,
  max_visits: (most, { _record: { visits } }) => visits <= most,
  hours: (spans: Span[], { _now }) => {
    const time = new Date(_now)
    return isWithin(spans, time.getHours() * 60 + time.getMinutes())
  },
  push: (wanted, { _record: { push } }) => wanted !== (push ? 'unsubscribed' : 'subscribed'),
  attributes: (wanted, { _moments: { attributes } }) =>
    Object.entries(wanted).every(([name, globs]) => {
      const said = attributes[name]
      return said !== undefined && isLike(globs, said)
    }),
}

/** Everything given must hold. What the stage asks is not asked here. */
export const isIn = (audience: Audience, seen: Seen) =>
  Object.entries(audience).every(
    ([name, wanted]) => rules[name as 'holds']?.(wanted as string[], seen) !== false,
  )
