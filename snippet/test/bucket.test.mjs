// The deal is the same in the browser and in Python, for ever.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { load } from './load.mjs'

const { bucket, deal } = await load('stage/bucket.ts')
const vectors = JSON.parse(readFileSync(new URL('../../tests/vectors/bucket.json', import.meta.url), 'utf8'))

test('deal agrees with all 10,000 vectors', () => {
  assert.equal(vectors.cases.length, 10_000)
  for (const [s, v, expected, holdout, w, arm, p] of vectors.cases) {
    const [salt, visitor] = [vectors.salts[s], vectors.visitors[v]]
    assert.equal(bucket(salt, visitor), expected, `${salt} ${visitor}`)
    assert.deepEqual(
      deal(salt, visitor, holdout, vectors.weights[w]),
      [arm, p],
      `${salt} ${visitor} ${holdout}`,
    )
  }
})

for (const [salt, visitor, expected] of [
  ['', '', 9405],
  ['a', '0', 9272],
  ['exit-offer', 'A'.repeat(22), 5772],
  ['jól', 'Þórður', 1609],
  ['🧶', '🧶🧶', 6690],
])
  test(`bucket of ${salt}:${visitor}, worked out by hand`, () =>
    assert.equal(bucket(salt, visitor), expected))
