// Which arm of a campaign a visitor belongs to: a pure function, so that browser and server agree without talking.
// The twin is server/heimta/rules/bucket.py; both are held to tests/vectors/bucket.json.
// A change here re-deals every running test.
import { utf8 } from '../ids.ts'

const BUCKETS = 10_000

/** What `deal` answers instead of a variant's index for a visitor who shall see nothing. */
export const HELD_OUT = -1

/** Deals a visitor into a bucket, 0 to 9,999: FNV-1a 32 bit, then the murmur3 finaliser. */
export const bucket = (salt: string, visitor: string) => {
  let h = 0x811c9dc5
  for (const byte of utf8(`${salt}:${visitor}`)) h = Math.imul(h ^ byte, 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) % BUCKETS
}

/** The variant's index, or HELD_OUT, and the probability of just that, of 10,000. */
export const deal = (salt: string, visitor: string, holdout: number, weights: number[]): [number, number] => {
  if (bucket(salt, visitor) < holdout) return [HELD_OUT, holdout]
  const sum = weights.reduce((all, weight) => all + weight)
  // A salt of its own: else the holdout would always be cut out of the first variant.
  let point = bucket(`${salt}:v`, visitor) * sum
  const arm = weights.findIndex((weight) => {
    point -= weight * BUCKETS
    return point < 0
  })
  return [arm, Math.max(1, Math.round(((BUCKETS - holdout) * (weights[arm] as number)) / sum))]
}
