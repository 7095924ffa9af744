// When an order arrives: reckoned in the shop's own days and hours, whatever the shopper's clock or the season.
// Pure. The days come from the server (server/heimta/rules/delivery.py), so nothing is asked for; both are held to
// tests/vectors/delivery.json.
import type { Delivery } from '../content/checkout.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** What a day's digit has: parcels leave, parcels arrive. */
const LEAVES = 1
const ARRIVES = 2

export interface Promised {
  /** ms, until when to order for it */
  until: number
  /** days since 1970 */
  from: number
  to: number
}

/** Made once: to make one takes longer than all the rest. */
const clocks: Record<string, Intl.DateTimeFormat> = {}

/** What a clock on the shop's wall shows at an instant, in ms as if that were UTC. */
const wallAt = (ms: number, zone: string) => {
  clocks[zone] ||= new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const { month, day, year, hour, minute, second } = Object.fromEntries(
    clocks[zone].formatToParts(ms).map(({ type, value }) => [type, +value]),
  ) as Record<string, number>
  return Date.UTC(year as number, (month as number) - 1, day, hour, minute, second)
}

/**
 * The instant at which it shows so. On the night of a change of the clock a time comes twice, and the first counts; or
 * not at all, and then it is reckoned on from before the change. As Python's zoneinfo with fold=0.
 */
const instantOf = (wall: number, zone: string) => {
  const [before, after] = [-DAY_MS, DAY_MS].map(
    (step) => wall - (wallAt(wall + step, zone) - (wall + step)),
  ) as [number, number]
  return wallAt(before, zone) === wall || wallAt(after, zone) !== wall ? before : after
}

/** null: there is nothing true to say, as the table has come to its end. */
export const promise = (
  now: number,
  { zone, start, days, cut_off, handling, transit }: Delivery,
): Promised | null => {
  const wall = wallAt(now, zone)
  const today = Math.floor(wall / DAY_MS) - start
  const has = (day: number, what: number) => !!(+(days[day] ?? 0) & what)
  /** The n-th such day after, or for 0 the first from this one on. */
  const step = (day: number, n: number, what: number) => {
    let at = n ? day : day - 1
    for (let left = n || 1; left && at < days.length; ) if (has(++at, what)) left--
    return at
  }
  const instant = (day: number) => instantOf((start + day) * DAY_MS + cut_off * MINUTE_MS, zone)
  if (today < 0) return null
  let day = step(today, 0, LEAVES)
  if (day === today && now >= instant(day)) day = step(today + 1, 0, LEAVES)
  const gone = step(day, handling, LEAVES)
  const [from, to] = transit.map((n) => step(gone, n, ARRIVES)) as [number, number]
  return to < days.length ? { until: instant(day), from: start + from, to: start + to } : null
}
