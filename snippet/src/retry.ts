// What an answer of the edge means for a batch: done with it, or how long to keep it before the next try.

const BASE_MS = 2000
const MAX_MS = 5 * 60_000

/**
 * 0: done (stored, or refused for good: any 4xx but 408 and 429). Otherwise ms to wait: what Retry-After says in seconds, or
 * a doubling wait, and up to as much again, else every shopper comes back in the same instant after an outage.
 * status: undefined when there was no answer. tries: failures in a row so far. chance: 0 to 1.
 */
export const retryIn = (
  status: number | undefined,
  retryAfter: string | null | undefined,
  tries: number,
  chance: number,
) =>
  (status as number) < 500 && status !== 408 && status !== 429
    ? 0
    : Math.min(MAX_MS, +(retryAfter as string) * 1000 || BASE_MS * 2 ** tries) * (1 + chance)
