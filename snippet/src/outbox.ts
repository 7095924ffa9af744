// Brings events to the edge: batched soon after they happen, at once when the page is left, again when it failed.
// Before consent they wait in memory. An event stays on the shelf until the edge has answered; sent twice, it counts
// once (docs/wire.md).
import { type Entry, isFresh, parts } from './batch.ts'
import { isPreview, lang, shopUrl } from './config.ts'
import { guard } from './guard.ts'
import { randomId } from './ids.ts'
import { here } from './page.ts'
import { retryIn } from './retry.ts'
import { all, burn, put, remove } from './shelf.ts'
import { record, save } from './storage.ts'

const SOON_MS = 1000
/** Living tabs send theirs within a second: what is there after this was left behind by pages that are gone. */
const RESCUE_MS = 3000
const SILENCE_MS = 30 * 60_000 // ends a session
const MAX_HELD = 50

let src = randomId()
let n = 0
let mine: Entry[] = [] // what is not under way
let isOpen = false
let timer: ReturnType<typeof setTimeout> | undefined
let notBefore = 0
let tries = 0

const send = async (body: string) =>
  // The browser refuses more than 64 KiB at once with keepalive, for ever.
  fetch(shopUrl, { method: 'POST', body, keepalive: body.length < 60_000, credentials: 'omit' })

/** True: the edge has taken the batch, or refused it for good. */
const deliver = async (batch: Entry[]) => {
  const life = src
  const [first] = batch as [Entry]
  const body = JSON.stringify({
    v: 1,
    vid: record.vid,
    sid: first.sid,
    src: first.src,
    sent: Date.now(),
    lang,
    preview: isPreview,
    ev: batch.map((entry) => entry.ev),
  })
  mine = mine.filter((entry) => !batch.includes(entry))
  // The page's own fetch may be a broken patch. A beacon has no answer, so the shelf keeps its copy.
  const answer = await send(body).catch(() => {
    if (document.hidden) navigator.sendBeacon(shopUrl, body)
  })
  if (life !== src) return false // consent was withdrawn meanwhile
  const wait = retryIn(answer?.status, answer?.headers.get('Retry-After'), tries, Math.random())
  if (!wait) {
    tries = 0
    guard(remove)(batch)
    return true
  }
  tries++
  notBefore = Date.now() + wait
  mine = [...batch, ...mine]
  wake()
  return false
}

/** One tab at a time, where the browser can tell. */
const flush = guard(async () => {
  timer = undefined
  const run = async (lock: unknown) => {
    if (!isOpen) return
    if (!lock) return wake()
    const now = Date.now()
    const stale = mine.filter((entry) => !isFresh(entry, now))
    mine = mine.filter((entry) => !stale.includes(entry))
    guard(remove)(stale)
    for (const batch of parts(mine)) if (!(await deliver(batch))) return
  }
  return navigator.locks ? navigator.locks.request('heimta', { ifAvailable: true }, run) : run(1)
})

export const wake = () => {
  if (!timer) timer = setTimeout(flush, Math.max(SOON_MS, notBefore - Date.now()))
}

const rescue = guard(async () => {
  if (!isOpen) return
  mine = [...(await all()).filter((entry) => entry.src !== src), ...mine]
  wake()
})

/** The page may be gone in a moment: hands over everything now, without waiting for anything. */
export const leave = () => {
  if (isOpen) parts(mine).forEach(guard(deliver))
}

/** Gives what waits its session and its place on the shelf. */
const admit = () => {
  for (const entry of mine) {
    if (entry.sid) continue
    const { at } = entry.ev
    if (at - record.last > SILENCE_MS) {
      record.sid = randomId()
      record.visits++
    }
    record.last = at
    entry.sid = record.sid as string
    guard(put)(entry)
  }
  save()
  wake()
}

export const track = (t: string, p: object) => {
  mine.push({ src, sid: '', ev: { n: n++, t, at: Date.now(), u: here(), p } })
  if (isOpen) admit()
  else mine = mine.slice(-MAX_HELD)
}

/** There is consent. */
export const open = () => {
  isOpen = true
  admit()
  setTimeout(rescue, RESCUE_MS)
}

/** There is none any more: what follows can never be tied to what was. */
export const close = () => {
  isOpen = false
  mine = []
  src = randomId()
  n = 0
  guard(burn)()
}
