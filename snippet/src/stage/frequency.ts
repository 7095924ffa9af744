// How often: a campaign by its own limit, and never again once accepted; all interruptions together by one budget.
import type { Campaign } from '../types.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Popups, surveys and push questions a day, whatever the merchant switches on. */
const ATTENTION = 3
const MAX_KEPT = 99

/** Among the times of a campaign: accepted or answered. */
export const DONE = 0

/** campaign -> ms of each exposure */
export type Seen = Record<string, number[]>

/** What is stored may have been damaged by others. */
const timesOf = (seen: Seen, id: string) => {
  const times = seen[id]
  return Array.isArray(times) ? times : []
}

/** Checkout tweaks do not interrupt: they are what the checkout looks like, each time it opens. */
export const isSilent = ({ variants }: Campaign) =>
  variants.every(({ content }) => content.widget === 'checkout')

export const isRested = ({ id, frequency }: Campaign, seen: Seen, now: number) => {
  const within = (times: number[], span: number) => times.filter((time) => now - time < span).length
  const own = timesOf(seen, id)
  return (
    !own.includes(DONE) &&
    within(own, frequency.per_h * HOUR_MS) < frequency.max &&
    within(Object.values(seen).flat(), DAY_MS) < ATTENTION
  )
}

/** Remembers an exposure, the holdout's as well, since both arms must be limited alike; or that it is DONE. */
export const note = ({ id }: Campaign, seen: Seen, time: number) => {
  seen[id] = [...timesOf(seen, id), time].slice(-MAX_KEPT)
}
