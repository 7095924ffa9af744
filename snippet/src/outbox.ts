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
let mine: Entry[] = [] // what is not under way
/** There is consent. */
export let isOpen = false
let timer: ReturnType<typeof setTimeout> | undefined
let notBefore = 0
let tries = 0
let flying = 0
/** Something failed, or was left behind by a page that is gone. */
let isInDoubt = false
/** A withdrawal that the edge has not got yet. */
let word: (() => string) | undefined

/** 0: the edge has taken it, or refused it for good. Otherwise ms to wait. */
const send = async (body: string, failures: number) => {
  let answer: Response | undefined
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
    // The page's own fetch may be a broken patch. A beacon has no answer, so whoever calls keeps a copy.
    if (document.hidden) navigator.sendBeacon(shopUrl, body)
  } finally {
    flying--
  }
  // With a cookie of the server's own, the answer has just set it: too late, after a withdrawal.
  if (!isOpen) forget()
  return retryIn(answer?.status, answer?.headers.get('Retry-After'), failures, Math.random())
}

/** An entry brings the source and the session, which all of the batch share. */
const pack = (batch: Entry[], vid: string | undefined) => {
  const ev = batch.map((entry) => entry.ev)
  return JSON.stringify({ ...batch[0], v: 1, ev, vid, lang, preview: isPreview, sent: Date.now() })
}

/** Anything but 0: no more for now. */
const deliver = async (batch: Entry[]) => {
  if (flying >= MAX_FLYING) {
    wake()
    return 1
  }
  const life = src
  mine = mine.filter((entry) => !batch.includes(entry))
  const wait = await send(pack(batch, record.vid), tries)
  if (life !== src) return 1 // consent was withdrawn meanwhile
  if (wait) {
    tries++
    isInDoubt = true
    notBefore = Date.now() + wait
    mine = [...batch, ...mine]
    wake()
  } else {
    tries = 0
    guard(remove)(batch)
  }
  return wait
}

const work = async () => {
  for (const batch of parts(mine)) if (await deliver(batch)) return
}

/** The newest are in their pages' memory, and perhaps under way; the rest is as the shelf has it. */
const look = guard(async () => {
  const life = src
  const before = Date.now() - RESCUE_MS
  const isOld = ({ ev }: Entry) => ev.at < before
  const kept = (await all()).filter(isOld)
  if (life === src) mine = [...kept, ...mine.filter((entry) => !isOld(entry))]
})

const mend = guard(async (lock: unknown) => {
  if (!lock || flying) return wake()
  isInDoubt = false // first, so that a database that hangs costs this turn and not the next
  await look()
  return work()
})

/**
 * Its own whenever it likes; in doubt one tab at a time, where the browser can tell. Not always: a page that is left
 * with a lock in its hands loses its place in the back/forward cache.
 */
const flush = guard(async () => {
  timer = undefined
  if (!isOpen) return
  if (!isInDoubt) return work()
  const { locks } = navigator
  try {
    await (locks ? locks.request('heimta', { ifAvailable: true }, mend) : mend(1))
  } catch {
    await mend(1) // refused where storage is blocked
  }
})

/** hurry: there is reason to believe that it works now. */
export const wake = (hurry?: unknown) => {
  if (hurry) {
    notBefore = 0
    timer = clearTimeout(timer) as undefined
  }
  timer ||= setTimeout(flush, Math.max(SOON_MS, notBefore - Date.now()))
}

/** The page may be gone in a moment: hands over its own now, without waiting for anything. */
export const leave = () => {
  if (isOpen) parts(mine.filter((entry) => entry.src === src)).forEach(guard(deliver))
  if (word) navigator.sendBeacon(shopUrl, word())
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
    guard(put)(entry)
  }
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
 * The last event is the shopper's no: it goes with what its batch has room for. That has this one try; the no is said
 * again, alone, for as long as the page lives, since without it the server would go on. It is in memory only.
 */
export const withdraw = () => {
  const { vid } = record
  let last = parts(mine).pop() as Entry[]
  let failures = 0
  const body = () => pack(last, vid)
  const insist = guard(async () => {
    const wait = await send(body(), failures++)
    last = last.slice(-1)
    word = wait ? body : undefined
    if (word) setTimeout(insist, wait)
  })
  insist()
}

/** There is none any more: what follows can never be tied to what was. */
export const close = () => {
  isOpen = false
  mine = []
  src = randomId()
  n = 0
  guard(burn)()
}
