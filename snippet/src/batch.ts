// Parts what waits into batches: one source and session each, at most 50 events and 15 kB, nothing older than a day.
// 15 kB, since browsers share 64 KiB between all requests that may outlive a page, the shop's own among them.

const MAX_EVENTS = 50
const MAX_BYTES = 15_000
/** Beyond what the edge takes: such an event would be refused for ever and hold up the rest. */
const MAX_EVENT_BYTES = 60_000
const MAX_AGE_MS = 24 * 3_600_000

export interface WireEvent {
  n: number
  t: string
  at: number
  u: string
  p: object
}

/** An event in the outbox. Stored, so the keys are never mangled; [src, ev.n] is its key. */
export interface Entry {
  src: string
  sid: string
  ev: WireEvent
}

const bytes = (entry: Entry) => new TextEncoder().encode(JSON.stringify(entry.ev)).length

export const isSendable = (entry: Entry, now: number) =>
  now - entry.ev.at < MAX_AGE_MS && bytes(entry) < MAX_EVENT_BYTES

export const parts = (entries: Entry[]) => {
  const batches: Entry[][] = []
  let batch: Entry[] = []
  let size = 0
  for (const entry of entries) {
    const more = bytes(entry)
    const [first] = batch
    const fits =
      first &&
      first.src === entry.src &&
      first.sid === entry.sid &&
      batch.length < MAX_EVENTS &&
      size + more < MAX_BYTES
    if (!fits) {
      batches.push((batch = []))
      size = 0
    }
    batch.push(entry)
    size += more
  }
  return batches
}
