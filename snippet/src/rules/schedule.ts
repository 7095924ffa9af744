// Whether a schedule is open, by the clock on the shop's wall, which the shopper's browser knows by its timezone.
// The twin is server/heimta/rules/schedule.py; both are held to tests/vectors/schedule.json.
import type { Schedule, Span } from '../types.ts'

export const isWithin = (spans: Span[], minute: number) =>
  spans.some(([begin, end]) =>
    begin < end ? begin <= minute && minute < end : begin <= minute || minute < end,
  )

const walls: Record<string, Intl.DateTimeFormat> = {} // dear to make, and asked each second

/** [day of the week, as English has it: Mon; minute of the day]. Throws for a timezone that the browser does not know. */
export const wallOf = (zone: string, now: number): [string, number] => {
  walls[zone] ||= new Intl.DateTimeFormat('en', {
    timeZone: zone,
    weekday: 'short',
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
  })
  const [, day, hour, minute] = /(\w+)\D*(\d+):(\d+)/.exec(walls[zone].format(now)) as string[]
  return [day as string, +(hour as string) * 60 + +(minute as string)]
}

/** starts and ends are instants, so no clock can move them; days and hours are what the wall shows. */
export const isOpen = ({ zone, starts, ends, days, hours }: Schedule, now: number) => {
  const [day, minute] = wallOf(zone, now)
  return (
    !(now < (starts as number)) &&
    !(now >= (ends as number)) &&
    (!days || days.includes(day)) &&
    (!hours || isWithin(hours, minute))
  )
}
