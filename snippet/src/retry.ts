// What an answer of the edge means for a batch: done with it, or how long to keep it before the next try.

const BASE_MS = 2000
const MAX_MS = 5 * 60_000
const MAX_TOLD_MS = 3_600_000 // a timer of more than 24 days would run at once

/**
 * 0: done (stored, or refused for good: any 4xx but 408 and 429). Otherwise ms to wait: what Retry-After says, or a
 * doubling wait; both jittered, else every shopper comes back in the same instant after an outage.
 * status: undefined when there was no answer. tries: failures in a row so far. chance: 0 to 1.
 */
export const retryIn = (
  status: number | undefined,
  retryAfter: string | null | undefined,
  tries: number,
  chance: number,
) => {
  const ok = (status as number) < 500 && status !== 408 && status !== 429
  if (ok) return 0
  const told = +(retryAfter as string) * 1000 // seconds; a date is not sent by the edge and reads as none
  return told > 0
    ? Math.min(MAX_TOLD_MS, told) * (1 + chance / 4)
    : Math.min(MAX_MS, BASE_MS * 2 ** tries) * (0.5 + chance)
}
