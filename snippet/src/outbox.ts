// Brings events to the edge: batched soon after they happen, at once when the page is left, again when it failed.
// Before consent they wait in memory. An event stays on the shelf until the edge has answered; sent twice, it counts
// once (docs/wire.md). While all goes well a page sends what it remembers. As soon as there is doubt, the shelf says
// what is left to do, for whichever tab comes first.
import { type Entry, parts } from './batch.ts'
import { config, isPreview, lang, shopUrl } from './config.ts'
import { tell } from './core.ts'
import { guard } from './guard.ts'
import { randomId } from './ids.ts'
import { here } from './page.ts'
import { retryIn } from './retry.ts'
import { all, burn, put, remove } from './shelf.ts'
import { forget, record, save } from './storage.ts'

const SOON_MS = 1000
/** Living tabs send theirs within a second: what is there after this was left behind by pages that are gone. */
const RESCUE_MS = 3000
const SILENCE_MS = 30 * 60_000 // ends a session
const MAX_HELD = 50
/** Batches of 15 kB: browsers refuse more than 64 KiB of keepalive under way, the shop's own included. */
const MAX_FLYING = 4
const PATIENCE_MS = 30_000

let src = randomId()
let n = 0
/** What is not under way. With a session: it may be sent. Without: it is held until there is consent. */
let mine: Entry[] = []
/** What the disk had no room for: only this page knows of it. */
let lost: Entry[] = []
/** Tracked just now, and not on the disk yet. */
let fresh: Entry[] = []
/** There is consent. */
export let isOpen = false
let timer: ReturnType<typeof setTimeout> | undefined
let tries = 0
let flying = 0
/** Something failed, or was left behind by a page that is gone. */
let isInDoubt = false

/** Anything but 0: no more for now. */
const deliver = async (batch: Entry[]) => {
  if (flying >= MAX_FLYING) {
    wake()
    return 1
  }
  const life = src
  const ev = batch.map((entry) => entry.ev)
  // An entry brings the source and the session, which all of the batch share.
  const body = JSON.stringify({
    vid: record.vid,
    ...batch[0],
    v: 1,
    ev,
    lang,
    preview: isPreview,
    sent: Date.now(),
  })
  let answer: Response | undefined
  mine = mine.filter((entry) => !batch.includes(entry))
  flying++
  try {
    // The browser refuses more than 64 KiB at once with keepalive, for ever. A server that never answers would hold
    // up this tab, and the others behind it.
    answer = await fetch(shopUrl, {
      method: 'POST',
      body,
      keepalive: body.length < 60_000,
      credentials: config.cookie ? 'include' : 'omit',
      signal: AbortSignal.timeout?.(PATIENCE_MS),
    })
  } catch {
    // The page's own fetch may be a broken patch. A beacon has no answer, so a copy is kept.
    if (document.hidden) navigator.sendBeacon(shopUrl, body)
  } finally {
    flying--
  }
  // With a cookie of the server's own, the answer has just set it: too late, after a withdrawal.
  if (!isOpen) forget()
  if (life !== src) return 1 // consent was withdrawn meanwhile
  const wait = retryIn(answer?.status, answer?.headers.get('Retry-After'), tries++, Math.random())
  if (wait) {
    isInDoubt = true
    mine = [...batch, ...mine]
    wake(wait)
  } else {
    tries = 0
    if (isOpen) guard(remove)(batch)
  }
  return wait
}

/** The newest are in their pages' memory, and perhaps under way; the rest is as the shelf has it. */
const look = guard(async () => {
  const life = src
  const before = Date.now() - RESCUE_MS
  const isNew = (entry: Entry) => entry.ev.at >= before
  const kept = await all()
  if (life === src)
    mine = [
      ...kept.filter((entry) => !isNew(entry)),
      ...mine.filter((entry) => isNew(entry) || lost.includes(entry)),
    ]
})

const work = guard(async (lock: unknown) => {
  if (isInDoubt) {
    if (!lock || flying) return wake()
    isInDoubt = false // first, so that a database that hangs costs this turn and not the next
    if (isOpen) await look()
  }
  for (const batch of parts(mine.filter(({ sid }) => sid))) if (await deliver(batch)) return
})

/**
 * Its own whenever it likes; in doubt one tab at a time, where the browser can tell. Not always: a page that is left
 * with a lock in its hands loses its place in the back/forward cache.
 */
const flush = guard(async () => {
  timer = undefined
  if (!isInDoubt) return work(0)
  try {
    await navigator.locks.request('heimta', { ifAvailable: true }, work)
  } catch {
    await work(1) // there are none; or refused, where storage is blocked
  }
})

/** again: in so many ms, whatever was planned. Else soon, unless it is planned. */
export const wake = (again?: number) => {
  if (again) timer = clearTimeout(timer) as undefined
  timer ||= setTimeout(flush, again || SOON_MS)
}

/** In a task of its own, for all that was tracked in one: to open the database takes longer than all else here. */
const shelve = guard(async () => {
  const entries = fresh
  fresh = []
  try {
    if (entries[0]) await put(entries)
  } catch {
    lost.push(...entries)
  }
})

/** The page may be gone in a moment: hands over its own now, without waiting for anything. */
export const leave = () => {
  shelve()
  parts(mine.filter((entry) => entry.sid && (entry.vid || entry.src === src))).forEach(guard(deliver))
}

/** Gives what waits its session and its place on the shelf. */
const admit = () => {
  for (const entry of mine) {
    if (entry.sid) continue
    const { at } = entry.ev
    if (record.sid?.length !== 11 || at - record.last > SILENCE_MS) {
      record.sid = randomId()
      record.visits++
    }
    record.last = at
    entry.sid = record.sid as string
    if (isOpen) fresh.push(entry)
  }
  setTimeout(shelve)
  save()
  wake()
}

export const track = (t: string, p: object) => {
  mine.push({ src, sid: '', ev: { n: n++, t, at: Date.now(), u: here(), p } })
  if (isOpen) admit()
  else mine = mine.slice(-MAX_HELD)
  tell(t, p)
}

/** There is consent. */
export const open = () => {
  isOpen = true
  admit()
  setTimeout(() => {
    isInDoubt = true
    wake()
  }, RESCUE_MS)
}

/**
 * There is none any more: what follows can never be tied to what was. isNo: the last event is the shopper's no. That is
 * sent at once, and again for as long as the page lives, since without it the server would go on. It is in memory only, and
 * what waited before it is gone with the rest.
 */
export const close = (isNo?: unknown) => {
  isOpen = false
  mine = isNo ? mine.slice(-1) : []
  lost = []
  fresh = []
  src = randomId()
  n = 0
  for (const no of mine) no.vid = record.vid as string
  admit()
  leave()
  guard(burn)()
}
