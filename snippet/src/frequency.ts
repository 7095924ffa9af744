// How often: a campaign by its own limit, and never again once accepted; all interruptions together by one budget.
import type { Visitor } from './storage.ts'
import type { Campaign } from './types.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Popups, surveys and push questions a day, whatever the merchant switches on. */
const ATTENTION = 3
const MAX_DONE = 200

const within = (times: number[] | undefined, span: number, now: number) =>
  (times || []).filter((time) => now - time < span)

const spanOf = ({ frequency }: Campaign) => frequency.per_h * HOUR_MS

/** Checkout tweaks do not interrupt: they are what the checkout looks like, each time it opens. */
export const isSilent = ({ variants }: Campaign) =>
  variants.every(({ content }) => content.widget === 'checkout')

export const isRested = (campaign: Campaign, record: Visitor, now: number) =>
  !record.done.includes(campaign.id) &&
  within(record.seen[campaign.id], spanOf(campaign), now).length < campaign.frequency.max &&
  within(record.shown, DAY_MS, now).length < ATTENTION

/** Remembers an exposure, the holdout's as well: both arms must be limited alike. */
export const noteExposure = (campaign: Campaign, record: Visitor, now: number) => {
  record.seen[campaign.id] = [...within(record.seen[campaign.id], spanOf(campaign), now), now]
  record.shown = [...within(record.shown, DAY_MS, now), now]
}

export const noteDone = (campaign: Campaign, record: Visitor) => {
  record.done = [...record.done.filter((id) => id !== campaign.id), campaign.id].slice(-MAX_DONE)
}
