// Whether a campaign shows now, and which arm, or why not. Pure: the same facts give the same answer, without a request.
// The arm is dealt last, so whether there is anything to be dealt cannot depend on it.

import type { Campaign, Config, Trigger } from '../types.ts'
import { isIn, type Surroundings } from './audience.ts'
import { deal } from './bucket.ts'
import { isRested, isSilent } from './frequency.ts'

/** Whole seconds of a page view in which nothing may interrupt: nobody has seen the page before that. */
export const FLOOR_S = 2

/** What the file `rules` gives: of the conditions that are rare, the one against it ('audience', 'schedule', 'trigger'). */
export type Ask = (campaign: Campaign) => string | undefined

/** Everything that is known at the instant of a signal. */
export interface Facts extends Surroundings {
  _now: number
  /** what a visitor is spared, where the shop has said so */
  _attention: Config['attention']
  /** the merchant's own visit: never held out */
  _isPreview: boolean
  /** the shopper is on the way out, just now, and not from a page on which an order was told */
  _isLeaving: boolean
  /** on the checkout page */
  _isCheckout: boolean
  _isEngaged: boolean
  /** seen on this page view */
  _seconds: number
  /** a field with text in it has the focus, or a frame that may have one */
  _isTyping: unknown
  /** a dialog of the page is open, or ours that is no campaign's */
  _isCovered: unknown
  /** something interrupted on this page view already, or is still open */
  _isBusy: unknown
  /** campaigns exposed on this page view */
  _here: Set<string>
  /** what later files have given, by their names */
  _parts: Record<string, unknown>
}

/** The files of all arms and what makes of them what is shown, so that the holdout meets the same hurdle as the others. */
export const partsOf = ({ variants }: Campaign) => [
  'mount',
  ...variants.flatMap(({ content }) => [content.widget, ...(content.with || [])]),
]

export const holds = ({ on, after_s = 0 }: Trigger, facts: Facts) =>
  on === 'exit'
    ? facts._isLeaving
    : on === 'checkout'
      ? facts._isCheckout
      : facts._seconds >= after_s && (on !== 'engaged' || facts._isEngaged)

/** [index of the variant or HELD_OUT, probability of just that, of 10,000]: the same for a visitor at any time. */
export const dealt = (
  { salt, holdout, variants }: Campaign,
  visitor: string,
  isPreview: boolean,
): [number, number] => {
  const weights = variants.map(({ weight }) => weight)
  return deal(salt, visitor, isPreview ? 0 : holdout, weights)
}

/** What is dealt, or the reason against it. */
export const decide = (campaign: Campaign, facts: Facts): [number, number] | string => {
  const { id, audience, trigger } = campaign
  const { _record: record, _parts: parts } = facts
  const interrupts = !isSilent(campaign)
  if (facts._here.has(id)) return 'here'
  if (!isIn(audience, facts)) return 'audience'
  // Before the widget is fetched, so that it is not for whom it can never show; but not before the moment has come.
  const rare = campaign.rules && (parts.rules ? (parts.rules as Ask)(campaign) : 'rules')
  if (rare && rare !== 'trigger') return rare
  if (interrupts && facts._isBusy) return 'busy'
  if (interrupts && !isRested(campaign, record.seen, facts._now, facts._attention)) return 'frequency'
  if (!partsOf(campaign).every((name) => parts[name])) return 'widget'
  if (rare || !holds(trigger, facts)) return 'trigger'
  if (interrupts) {
    if (facts._seconds < FLOOR_S) return 'early'
    if (facts._isTyping) return 'typing'
    if (facts._isCovered) return 'covered'
  }
  return dealt(campaign, record.vid as string, facts._isPreview)
}
