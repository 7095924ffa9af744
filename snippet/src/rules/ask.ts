// Which of a campaign's rare conditions does not hold, if any. Pure, like the stage's own (stage/decide.ts).
import type { Campaign, Trigger } from '../types.ts'
import { isIn, type Seen } from './audience.ts'
import { MOMENT_MS } from './moments.ts'
import { isOpen } from './schedule.ts'

const waits: { [On in Trigger['on']]?: (trigger: Trigger, seen: Seen, id: string) => boolean } = {
  exit: ({ min_score }, { _moments }) => !(_moments.score < (min_score as number)),
  order: (_, { _moments }) => _moments.isOrdered,
  scroll: ({ depth_pct }, { _moments }) => _moments.depth >= (depth_pct as number),
  idle: ({ after_s }, { _now, _moments }) => _now - _moments.alive >= (after_s as number) * 1000,
  added: (_, { _now, _moments }) => _now - _moments.added < MOMENT_MS,
  click: (_, { _now, _moments }, id) => _now - (_moments.called[id] as number) < MOMENT_MS,
}
waits.call = waits.click

/** '' : all hold */
export const ask = ({ id, audience, schedule, trigger }: Campaign, seen: Seen) => {
  if (!isIn(audience, seen)) return 'audience'
  if (schedule && !isOpen(schedule, seen._now)) return 'schedule'
  return (waits[trigger.on]?.(trigger, seen, id) ?? true) ? '' : 'trigger'
}
