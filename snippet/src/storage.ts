// What Heimta remembers about a visitor in this browser: one JSON record in localStorage and one cookie.
// Nothing is written before `keep` is called, which is after consent. The keys are stored, so they are never mangled.
import { guard } from './guard.ts'
import { randomId } from './ids.ts'
import type { Cart } from './types.ts'

export interface Consent {
  analytics: boolean
  marketing: boolean
}

export interface Visitor {
  vid: string
  sid: string
  /** ms, the last event of the session */
  last: number
  /** sessions so far */
  visits: number
  cart: Cart | null
  /** campaign -> ms of each exposure */
  seen: Record<string, number[]>
  /** campaigns accepted or answered */
  done: string[]
  /** ms of the exposures of whatever interrupts */
  shown: number[]
  /** the shop's ids of the latest orders */
  orders: string[]
  /** the shopper's own decision, if there was one */
  consent?: Consent
  /** has a push subscription */
  push?: boolean
}

const KEY = 'heimta'
const COOKIE = 'heimta_v'
const YEAR_S = 31_536_000
const WRITE_MS = 200

const cookie = (value: string, seconds: number) => {
  const secure = location.protocol === 'https:' ? ';secure' : ''
  // biome-ignore lint/suspicious/noDocumentCookie: the cookie store API is not in every browser, and it is asynchronous
  document.cookie = `${COOKIE}=${value};path=/;max-age=${seconds};samesite=lax${secure}`
}

const fresh = (): Visitor => ({
  vid: '',
  sid: '',
  last: 0,
  visits: 0,
  cart: null,
  seen: {},
  done: [],
  shown: [],
  orders: [],
})

export const createStorage = () => {
  // A record that cannot be read (another script's doing, or a full disk's) is as good as none.
  const read = guard(() => JSON.parse(localStorage.getItem(KEY) || '{}'))
  const record: Visitor = { ...fresh(), ...read() }
  let kept = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const write = guard(() => {
    clearTimeout(timer)
    timer = undefined
    if (kept) localStorage.setItem(KEY, JSON.stringify(record))
  })

  return {
    record,
    write,
    /** Soon, not now: a click must not wait for the disk. */
    save: () => {
      timer ||= setTimeout(write, WRITE_MS)
    },
    /** From here on the visitor has an id, and what we know of them is stored. */
    keep: () => {
      kept = true
      // Safari drops what scripts store after 7 days; a cookie that the shop's server renews outlives that.
      const [, known] = document.cookie.match(/(?:^|; )heimta_v=([\w-]{22})(?:;|$)/) || []
      record.vid ||= known || randomId(16)
      cookie(record.vid, YEAR_S)
      write()
    },
    /** remembersNo: where consent is implied, the next page must know of the no; it is all that stays. */
    erase: (remembersNo: boolean) => {
      kept = false
      for (const key of Object.keys(record)) delete record[key as keyof Visitor]
      Object.assign(record, fresh())
      localStorage.removeItem(KEY)
      if (remembersNo) localStorage.setItem(KEY, '{"consent":{"analytics":false,"marketing":false}}')
      cookie('', 0)
    },
    /** Takes over what another tab has written. Says whether there is still a record. */
    reread: () => {
      const found = read()
      if (found?.vid) Object.assign(record, found)
      return !!found?.vid || !kept
    },
  }
}

export type Storage = ReturnType<typeof createStorage>
