// How often: a campaign by its own limit, and never again once accepted; all interruptions together by one budget.
import type { Campaign, Config } from '../types.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
const MAX_KEPT = 99

/** Popups, surveys and push questions, where the shop says nothing of it. Twin: Attention in model/campaign.py. */
export const ATTENTION = { per_day: 3, apart_s: 60 }

/** Among the times of a campaign: accepted or answered. */
export const DONE = 0

/** campaign -> ms of each exposure */
export type Seen = Record<string, number[]>

/** What is stored may have been damaged by others. */
export const timesOf = (seen: Seen, id: string) => {
  const times = seen[id]
  return Array.isArray(times) ? times : []
}

/** Checkout tweaks do not interrupt: they are what the checkout looks like, each time it opens. */
export const isSilent = ({ variants }: Campaign) =>
  variants.every(({ content }) => content.widget === 'checkout')

export const within = (times: number[], now: number, span: number) =>
  times.filter((time) => now - time < span).length

export const isRested = (
  { id, frequency: { max, per_h, ever } }: Campaign,
  seen: Seen,
  now: number,
  { per_day, apart_s }: Config['attention'] = ATTENTION,
) => {
  const own = timesOf(seen, id)
  const all = Object.values(seen).flat()
  return (
    !own.includes(DONE) &&
    !(own.length >= (ever as number)) &&
    within(own, now, per_h * HOUR_MS) < max &&
    within(all, now, DAY_MS) < per_day &&
    !within(all, now, apart_s * 1000)
  )
}

/** Remembers an exposure, the holdout's as well, since both arms must be limited alike; or that it is DONE. */
export const note = ({ id }: Campaign, seen: Seen, time: number) => {
  seen[id] = [...timesOf(seen, id), time].slice(-MAX_KEPT)
}
