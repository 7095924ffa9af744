// Whether a campaign shows now, and which arm, or why not. Pure: the same facts give the same answer, without a request.

import type { Campaign, Trigger } from '../types.ts'
import { isIn, type Surroundings } from './audience.ts'
import { deal } from './bucket.ts'
import { isRested, isSilent } from './frequency.ts'

/** Everything that is known at the instant of a signal. */
export interface Facts extends Surroundings {
  _now: number
  /** the merchant's own visit: never held out */
  _isPreview: boolean
  /** the shopper is on the way out, just now */
  _isLeaving: boolean
  /** on the checkout page */
  _isCheckout: boolean
  _isEngaged: boolean
  /** seen on this page view */
  _seconds: number
  /** a field with text in it has the focus */
  _isTyping: boolean
  /** something interrupted on this page view already, or is still open */
  _isBusy: boolean
  /** campaigns exposed on this page view */
  _here: Set<string>
  /** whether a widget is here, and can work in this browser */
  _isReady: (widget: string) => boolean
}

const holds = ({ on, after_s = 0 }: Trigger, facts: Facts) =>
  on === 'exit'
    ? facts._isLeaving
    : on === 'checkout'
      ? facts._isCheckout
      : facts._seconds >= after_s && (on === 'after' || facts._isEngaged)

/** [index of the variant or HELD_OUT, probability of just that, of 10,000], or the reason against it. */
export const decide = (campaign: Campaign, facts: Facts): [number, number] | string => {
  const { id, salt, audience, variants, trigger, holdout } = campaign
  const { _record: record } = facts
  const interrupts = !isSilent(campaign)
  if (facts._here.has(id)) return 'here'
  if (!isIn(audience, facts)) return 'audience'
  if (interrupts && facts._isBusy) return 'busy'
  if (interrupts && !isRested(campaign, record.seen, facts._now)) return 'frequency'
  // The widgets of all arms, so that the holdout meets the same hurdle as those who would see something.
  if (!variants.every(({ content }) => facts._isReady(content.widget))) return 'widget'
  if (!holds(trigger, facts)) return 'trigger'
  if (interrupts && facts._isTyping) return 'typing'
  const weights = variants.map(({ weight }) => weight)
  return deal(salt, record.vid as string, facts._isPreview ? 0 : holdout, weights)
}
