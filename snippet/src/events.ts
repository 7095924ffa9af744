// Numbers events and holds them in memory until they may be stored; then each goes to the outbox at once.

import type { Entry, WireEvent } from './batch.ts'
import { randomId } from './ids.ts'
import { here } from './page.ts'

const MAX_HELD = 50

/** send: gives an event its session and hands it to the outbox. */
export const createEvents = (send: (entry: Omit<Entry, 'sid'>) => void) => {
  let src = randomId()
  let n = 0
  let held: WireEvent[] = []
  let isOpen = false

  const release = () => {
    for (const ev of held) send({ src, ev })
    held = []
  }

  return {
    track: (t: string, p: object) => {
      held = [...held, { n: n++, t, at: Date.now(), u: here(), p }].slice(-MAX_HELD)
      if (isOpen) release()
    },
    open: () => {
      isOpen = true
      release()
    },
    /** A new source: what follows can never be tied to what was. */
    close: () => {
      isOpen = false
      held = []
      src = randomId()
      n = 0
    },
  }
}
