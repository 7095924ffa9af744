// Parts what waits into batches: one source and session each, at most 50 events and 15 kB.
// 15 kB, since browsers share 64 KiB between all requests that may outlive a page, the shop's own among them.

const MAX_EVENTS = 50
const MAX_BYTES = 15_000

/** An event in the outbox. Stored, so the keys are never mangled; [src, ev.n] is its key. */
export interface Entry {
  src: string
  sid: string
  /** only where it is no longer the visitor's: of a no */
  vid?: string
  ev: { n: number; t: string; at: number; u: string; p: object }
}

export const parts = (entries: Entry[]) => {
  const batches: Entry[][] = []
  let batch: Entry[] = []
  let room = 0
  for (const entry of entries) {
    const [first = entry] = batch
    // In bytes, none too few: whatever is not ASCII takes at most three.
    const size = JSON.stringify(entry.ev).replace(/[^ -~]/g, '...').length
    room -= size
    if (room < 0 || batch.length === MAX_EVENTS || first.src + first.sid !== entry.src + entry.sid) {
      batch = []
      batches.push(batch)
      room = MAX_BYTES - size
    }
    batch.push(entry)
  }
  return batches
}
