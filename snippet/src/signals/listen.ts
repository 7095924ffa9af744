// How the signs' own file listens: with the guard it is lent, since a second copy of guard.ts would be a tenth of it.
import type { Core } from '../core.ts'

// biome-ignore lint/suspicious/noExplicitAny: an event's type follows from its name, which only the caller knows
export type On = (target: EventTarget, types: string, listen: (event: any) => void) => void

/** Passively, and before the page's own listeners can stop the event. `types` are parted by blanks. */
export const createOn =
  ({ guard }: Core): On =>
  (target, types, listen) => {
    for (const type of types.split(' '))
      target.addEventListener(type, guard(listen), { passive: true, capture: true })
  }
