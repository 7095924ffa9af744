// Brings events to the edge: batched soon after they happen, at once when the page is left, again when it failed.
// An event leaves the outbox only when the edge has answered; sent twice, it counts once (docs/wire.md).
import { type Entry, isSendable, parts } from './batch.ts'
import { guard } from './guard.ts'
import { retryIn } from './retry.ts'
import { createShelf } from './shelf.ts'

const SOON_MS = 1000
/** A living tab sends its own within SOON_MS; what is older was left behind by a page that is gone. */
const LEFT_BEHIND_MS = 3000

/** envelope: what a batch carries besides its events. */
export const createOutbox = (url: string, envelope: () => object) => {
  const shelf = createShelf()
  const flying = new Set<Entry>()
  let mine: Entry[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  let notBefore = 0
  let tries = 0
  let isErased = false

  const wake = (ms: number) => {
    timer ||= setTimeout(guard(turn), Math.max(ms, notBefore - Date.now()))
  }

  const forget = (entries: Entry[]) => {
    mine = mine.filter((entry) => !entries.includes(entry))
    return shelf.remove(entries)
  }

  const post = async (body: string) =>
    fetch(url, { method: 'POST', body, keepalive: true, credentials: 'omit' })

  /** Sends one batch. True when it is done with, whether it was taken or refused for good. */
  const deliver = async (batch: Entry[], leaving?: boolean) => {
    const [{ src, sid }] = batch as [Entry]
    const body = JSON.stringify({
      v: 1,
      ...envelope(),
      sid,
      src,
      sent: Date.now(),
      ev: batch.map(({ ev }) => ev),
    })
    for (const entry of batch) flying.add(entry)
    // The shop's own fetch may be a broken patch. The beacon has no answer, so the outbox keeps its copy.
    const answer = await post(body).catch(() => {
      leaving && navigator.sendBeacon(url, body)
    })
    for (const entry of batch) flying.delete(entry)
    if (isErased) return false
    const wait = retryIn(answer?.status, answer?.headers?.get('Retry-After'), tries, Math.random())
    if (wait) {
      tries++
      notBefore = Date.now() + wait
      wake(wait)
      return false
    }
    tries = 0
    await forget(batch)
    return true
  }

  const flush = async () => {
    const now = Date.now()
    const others = (await shelf.all()).filter((entry) => !mine.some(({ src }) => src === entry.src))
    const left = others.filter((entry) => now - entry.ev.at > LEFT_BEHIND_MS)
    if (left.length < others.length) wake(LEFT_BEHIND_MS)
    const waiting = [...left, ...mine.filter((entry) => !flying.has(entry))]
    const good = waiting.filter((entry) => isSendable(entry, now))
    if (good.length < waiting.length) await forget(waiting.filter((entry) => !good.includes(entry)))
    for (const batch of parts(good)) if (!(await deliver(batch))) return
  }

  /** One tab at a time, where the browser can tell. */
  const turn = () => {
    timer = undefined
    return navigator.locks
      ? navigator.locks.request('heimta', { ifAvailable: true }, (lock) => (lock ? flush() : wake(SOON_MS)))
      : flush()
  }

  return {
    add: (entry: Entry) => {
      isErased = false
      mine.push(entry)
      guard(shelf.put)(entry)
      wake(SOON_MS)
    },
    wake,
    /** The page may be gone in a moment: hands over everything now, without waiting for anything. */
    leave: () => {
      for (const batch of parts(mine.filter((entry) => !flying.has(entry)))) guard(deliver)(batch, true)
    },
    erase: () => {
      isErased = true
      clearTimeout(timer)
      timer = undefined
      mine = []
      guard(shelf.erase)()
    },
  }
}
