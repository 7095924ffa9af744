// What Heimta remembers about a visitor in this browser: one JSON record in localStorage and one cookie.
// Nothing is written before `keep` is called, which is after consent. The keys are stored, so they are never mangled.
import { config } from './config.ts'
import { guard } from './guard.ts'
import { randomId } from './ids.ts'
import type { Cart } from './types.ts'

export interface Consent {
  analytics: boolean
  marketing: boolean
}

export interface Visitor {
  vid?: string
  sid?: string
  /** ms, the last event of the session */
  last: number
  /** sessions so far */
  visits: number
  cart?: Cart | null
  /** campaign -> ms of each exposure that interrupted, and DONE */
  seen: Record<string, number[]>
  /** the shop's ids of the latest orders */
  order?: string | (string | undefined)[]
  /** stands for whom the shop said it is, the last time that was told */
  known?: number
  /** what the shopper has decided so far */
  consent: Partial<Consent>
  /** what the shopper lets this browser fill into a checkout (widgets/src/tweaks/remember.ts); never sent */
  fields?: Record<string, string>
  /** has a push subscription; a string once the edge has its newest address (widgets/src/renew.ts) */
  push?: boolean | string
  /** kept by the file `rules` of the session `sid`: where it came from, and the pieces in the cart when last looked */
  visit?: { sid: string; ref: string; utm: string; pieces?: number }
}

const YEAR_S = 31_536_000
const WRITE_MS = 200

/** A whole record of what is known. */
const whole = (known: Partial<Visitor> = {}): Visitor => ({
  last: 0,
  visits: 0,
  ...known,
  seen: { ...known.seen },
  consent: { ...known.consent },
})

// Others can write to where the record is. One part that is not as we write it (another type, other spacing), and the
// whole is of no use, but for the id and the consent, and what was seen (frequency.ts looks at that). A list may stand
// anywhere: campaigns have any name.
const BROKEN = /(last|visits|qty|_minor)":[^\d[]|cart":[^[{n]|lines":[^[]/

const read = guard((): Visitor => {
  const text = localStorage.heimta || '{}'
  const found = JSON.parse(text)
  const { vid, consent, seen } = found
  return whole(BROKEN.test(text) ? { vid, consent, seen } : found)
})

export let record = read() || whole()
let isKept = false
let timer: ReturnType<typeof setTimeout> | undefined

/** No domain is the host alone. */
const cookie = (value: string | undefined, seconds: number, domain = config.cookie || '') => {
  // biome-ignore lint/suspicious/noDocumentCookie: the cookie store API is not in every browser, and is asynchronous
  document.cookie = `heimta_v=${value};path=/;samesite=lax;max-age=${seconds};domain=${domain}`
}

/** The shop may have named its domain only after a first cookie was set. */
export const forget = () => {
  cookie('', 0)
  cookie('', 0, '')
}

export const write = guard(() => {
  timer = clearTimeout(timer) as undefined
  if (isKept) localStorage.heimta = JSON.stringify(record)
})

/** Soon, not now: a click must not wait for the disk. */
export const save = () => {
  timer ||= setTimeout(write, WRITE_MS)
}

/**
 * The visitor's id, of one who had it before. Safari drops what scripts have stored after 7 days; a cookie that the shop's
 * server renews outlives that.
 */
export const recall = () => {
  if (record.vid?.length !== 22) record.vid = document.cookie.match(/heimta_v=([\w-]{22})/)?.[1]
  return record.vid
}

/** From here on the visitor has an id, and what we know of them is stored. */
export const keep = () => {
  record.vid = recall() || randomId(22)
  isKept = true
  cookie(record.vid, YEAR_S)
  write()
}

/** left: all that stays; without it, what another tab has left. */
export const erase = (left?: Partial<Visitor>) => {
  isKept = false
  forget() // before localStorage, which may be blocked
  record = whole(left || read())
  if (left) localStorage.heimta = JSON.stringify(left)
}

/** Takes over what another tab has written. erased: that was to erase everything. */
export const reread = (erased: () => void) => {
  const found = read()
  if (found?.vid) record = found
  else if (isKept) erased()
}
