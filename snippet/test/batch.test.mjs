// What waits is parted into batches that a browser still delivers when the page is gone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'

const { parts } = await load('batch.ts')
const entry = (n, src = 's', sid = 'i', p = {}) => ({
  src,
  sid,
  ev: { n, t: 'page_viewed', at: 0, u: '/', p },
})
const sizes = (batches) => batches.map(({ length }) => length)

test('at most 50 events', () => {
  assert.deepEqual(sizes(parts(Array.from({ length: 120 }, (_, n) => entry(n)))), [50, 50, 20])
})

test('at most 15 kB, none of a letter’s bytes forgotten', () => {
  const batches = parts(Array.from({ length: 10 }, (_, n) => entry(n, 's', 'i', { name: 'ð'.repeat(2000) })))
  assert.deepEqual(sizes(batches), [2, 2, 2, 2, 2])
  for (const batch of batches)
    assert.ok(Buffer.byteLength(JSON.stringify(batch.map(({ ev }) => ev))) <= 15_100)
})

test('one source and one session each', () => {
  const mixed = [entry(0), entry(1), entry(0, 't'), entry(2, 's', 'j')]
  assert.deepEqual(sizes(parts(mixed)), [2, 1, 1])
})

test('a single event over the limit goes alone', () => {
  const big = entry(1, 's', 'i', { text: 'x'.repeat(20_000) })
  assert.deepEqual(sizes(parts([entry(0), big, entry(2)])), [1, 1, 1])
})

test('nothing is nothing', () => assert.deepEqual(parts([]), []))
