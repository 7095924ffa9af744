// Says when the order will be there, and how long one may wait with it: "Order within 2 h 14 min, arrives Tue, 24 Nov".
import { guard } from '../../../snippet/src/guard.ts'
import type { WidgetContext } from '../../../snippet/src/types.ts'
import type { Delivery } from '../content/checkout.ts'
import { h } from '../dom.ts'
import { one, payButton } from './find.ts'
import type { Hand } from './hand.ts'
import { promise } from './promise.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** A longer wait is no reason to hurry. */
const SOON_MIN = 24 * 60
const CSS =
  ':host{display:block;clear:both;margin:12px 0;font:inherit;color:inherit;text-align:start}:host([hidden]){display:none}' +
  'p{margin:0;line-height:1.45}p+p{font-size:.9em;opacity:.85}b{font-weight:600}'

/** Icelandic is not in every browser; German writes dates the same way. */
const wordsOf = (lang: string) => [lang, 'de']

const dates = (lang: string, from: number, to: number) => {
  const format = new Intl.DateTimeFormat(wordsOf(lang), {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  })
  return format.formatRange(from * DAY_MS, to * DAY_MS)
}

const hours = (lang: string, [from, to]: [number, number]) => {
  const minute = (from | to) % 60 || from % 60 ? ('2-digit' as const) : undefined
  const format = new Intl.DateTimeFormat(wordsOf(lang), { hour: 'numeric', minute, timeZone: 'UTC' })
  return format.formatRange(from * MINUTE_MS, to * MINUTE_MS)
}

const duration = (lang: string, minutes: number) => {
  const say = (value: number, unit: string) =>
    new Intl.NumberFormat(wordsOf(lang), { style: 'unit', unit, unitDisplay: 'short' }).format(value)
  const parts = minutes < 60 ? [] : [say(Math.floor(minutes / 60), 'hour')]
  return [...parts, say(minutes % 60, 'minute')].join(' ')
}

export const promiseDelivery = ({ css, settle, back }: Hand, ctx: WidgetContext, delivery: Delivery) => {
  const { lang, content } = ctx
  const host = h('heimta-delivery' as 'div', { lang })
  const root = host.attachShadow({ mode: 'open' })
  css(root, CSS)
  const when = h('b')
  const within = h('p')
  root.append(h('p', {}, when), within)

  const look = () => {
    const found = promise(Date.now(), delivery)
    host.hidden = !found
    if (!found) return
    const minutes = Math.ceil((found.until - Date.now()) / MINUTE_MS)
    const date =
      dates(lang, found.from, found.to) + (delivery.hours ? `, ${hours(lang, delivery.hours)}` : '')
    when.textContent = ctx.text(content.labels.arrives ?? '', { date })
    within.textContent =
      minutes > SOON_MIN ? '' : ctx.text(content.labels.within ?? '', { time: duration(lang, minutes) })
  }
  look()
  const timer = setInterval(guard(look), MINUTE_MS / 4)
  back(() => clearInterval(timer))
  const place = () => one(delivery.before)
  const isNamed = !!place()
  settle(host, isNamed ? place : payButton, !isNamed)
}
