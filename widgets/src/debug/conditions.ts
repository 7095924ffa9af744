// Everything that must hold before a campaign shows, in the order in which the stage asks (stage/decide.ts), each with
// what is wanted and what is. A campaign has the same conditions in the same order whatever happens.

import { ask } from '../../../snippet/src/rules/ask.ts'
import { isOpen } from '../../../snippet/src/rules/schedule.ts'
import { deal, HELD_OUT } from '../../../snippet/src/stage/bucket.ts'
import { type Facts, FLOOR_S, holds, partsOf } from '../../../snippet/src/stage/decide.ts'
import {
  ATTENTION,
  DAY_MS,
  DONE,
  HOUR_MS,
  isSilent,
  timesOf,
  within,
} from '../../../snippet/src/stage/frequency.ts'
import type { Campaign, Schedule, Trigger } from '../../../snippet/src/types.ts'
import { type Known, rulesInWords, spans } from './audience.ts'

/** good: it holds · wait: it may hold in a moment · no: not on this page, or not for this visitor */
export type Tone = 'good' | 'wait' | 'no'

export interface Condition {
  /** the stage's word for it */
  reason: string
  tone: Tone
  text: string
}

export type All = Facts & Known

const condition = (reason: string, is: boolean, text: string, otherwise: Tone = 'no'): Condition => ({
  reason,
  tone: is ? 'good' : otherwise,
  text,
})

const wallInWords = (zone: string, now: number) =>
  new Date(now).toLocaleString('en-GB', {
    timeZone: zone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  })

const scheduleInWords = (schedule: Schedule, now: number): Condition => {
  const { zone, starts, ends, days, hours } = schedule
  const wanted = [
    starts && `from ${wallInWords(zone, starts)}`,
    ends && `until ${wallInWords(zone, ends)}`,
    days && `on ${days.join(', ')}`,
    hours && spans(hours),
  ]
  const over = ends && now >= ends ? 'it is over' : `there it is ${wallInWords(zone, now)}`
  return condition(
    'schedule',
    isOpen(schedule, now),
    `${wanted.filter(Boolean).join(', ')}, in ${zone}: ${over}.`.replace(/^./, (first) =>
      first.toUpperCase(),
    ),
  )
}

/** The last exposure among times that are within the span is over in … */
const left = (times: number[], now: number, span: number) => {
  const s = Math.ceil((Math.max(0, ...times) + span - now) / 1000)
  return s > 120 ? `${Math.ceil(s / 60)} min` : `${Math.max(0, s)} s`
}

const frequencyInWords = (campaign: Campaign, { _record, _now, _attention }: All): Condition[] => {
  const { max, per_h, ever } = campaign.frequency
  const { per_day, apart_s } = _attention || ATTENTION
  const own = timesOf(_record.seen, campaign.id)
  const all = Object.values(_record.seen).flat()
  const mine = within(own, _now, per_h * HOUR_MS)
  const today = within(all, _now, DAY_MS)
  const rest = !within(all, _now, apart_s * 1000)
  const limit = (is: boolean, text: string, otherwise?: Tone) => condition('frequency', is, text, otherwise)
  return [
    limit(
      !own.includes(DONE),
      own.includes(DONE)
        ? 'Accepted, answered or refused before: never again.'
        : 'Not accepted, answered or refused before.',
    ),
    limit(mine < max, `At most ${max} in ${per_h} h: ${mine} so far.`),
    ...(ever ? [limit(own.length < ever, `At most ${ever} in all: ${own.length} so far.`)] : []),
    limit(today < per_day, `At most ${per_day} a day of all campaigns: ${today} so far.`),
    limit(
      rest,
      `${apart_s} s after the last that interrupted: ${rest ? 'they are over' : `${left(all, _now, apart_s * 1000)} to go`}.`,
      'wait',
    ),
  ]
}

const triggerInWords = ({ id, trigger }: Campaign, { _seconds, _isEngaged, _now, _moments }: All) => {
  const { on, after_s = 0, min_score, depth_pct, selector } = trigger
  const on_page = `${after_s} s on this page: ${Math.min(_seconds, after_s)} so far`
  const words: Record<Trigger['on'], string> = {
    exit: min_score
      ? `The shopper is about to leave, with a score of ${min_score}: the last sign had ${_moments.score}`
      : 'The shopper is about to leave',
    checkout: 'The checkout page',
    after: on_page,
    engaged: `${after_s ? `${on_page}; and a` : 'A'} tap, a key or a scroll: ${_isEngaged ? 'it came' : 'none yet'}`,
    order: 'An order that is told on this page view',
    scroll: `${depth_pct} % of the page seen: ${Math.round(_moments.depth)} % so far`,
    idle: `${after_s} s without a sign of life: ${Math.floor((_now - _moments.alive) / 1000)} so far`,
    added: 'Something is put into the cart',
    click: `A click on ${selector}`,
    call: `The shop’s own call, heimta('show', '${id}')`,
  }
  return `${words[on]}.`
}

const interruptions = (campaign: Campaign, all: All): Condition[] => {
  const { _isBusy, _here, _seconds, _isTyping, _isCovered } = all
  const others = [..._here].join(', ')
  return [
    condition(
      'busy',
      !_isBusy,
      _isBusy
        ? `Another has interrupted on this page${others && ` (${others})`}, or is still open: one is enough.`
        : 'Nothing else has interrupted on this page.',
    ),
    ...frequencyInWords(campaign, all),
    condition(
      'early',
      _seconds >= FLOOR_S,
      `The page was seen for ${FLOOR_S} s: ${Math.min(_seconds, FLOOR_S)} so far.`,
      'wait',
    ),
    condition('typing', !_isTyping, _isTyping ? 'Somebody is typing.' : 'Nobody is typing.', 'wait'),
    condition('covered', !_isCovered, _isCovered ? 'A dialog is open.' : 'No dialog is open.', 'wait'),
  ]
}

/** 'audience' and 'schedule' are told by rows of their own; what is left of the rare conditions is the trigger. */
const isDue = (campaign: Campaign, all: All) =>
  holds(campaign.trigger, all) &&
  (!campaign.rules || ask({ ...campaign, audience: {}, schedule: undefined } as never, all) === '')

export const conditions = (campaign: Campaign, all: All): Condition[] => {
  const { id, audience, schedule, rules } = campaign
  const { _here, _parts, _now } = all
  const loud = isSilent(campaign) ? [] : interruptions(campaign, all)
  const part = (reasons: RegExp) => loud.filter(({ reason }) => reasons.test(reason))
  const files = [...(rules ? ['rules'] : []), ...new Set(partsOf(campaign))]
  const missing = files.filter((name) => !_parts[name])
  return [
    condition(
      'here',
      !_here.has(id),
      _here.has(id) ? 'Met on this page already.' : 'Not met on this page yet.',
    ),
    ...rulesInWords(audience, all).map(([is, text]) => condition('audience', is, text)),
    ...(schedule ? [scheduleInWords(schedule, _now)] : []),
    ...part(/busy|frequency/),
    condition(
      missing[0] === 'rules' ? 'rules' : 'widget',
      !missing.length,
      missing.length
        ? `Its files: ${missing.join(', ')} on the way, or unable to work in this browser.`
        : `Its files are here: ${files.join(', ')}.`,
      'wait',
    ),
    condition('trigger', isDue(campaign, all), triggerInWords(campaign, all), 'wait'),
    ...part(/early|typing|covered/),
  ]
}

/** Which arm this visitor is in, whether or not it shows: that never depends on the conditions. */
export const armInWords = (campaign: Campaign, { _record, _isPreview }: All) => {
  const { salt, holdout, variants } = campaign
  const weights = variants.map(({ weight }) => weight)
  const [index, p] = deal(salt, _record.vid as string, _isPreview ? 0 : holdout, weights)
  const share = `${+(p / 100).toFixed(2)} %`
  const arm =
    index === HELD_OUT ? 'in the holdout, which sees nothing' : `in the arm “${variants[index]?.id}”`
  const spared = _isPreview && holdout ? ' Your own visit is never held out.' : ''
  return `This visitor is ${arm}; ${share} of all are.${spared}`
}
