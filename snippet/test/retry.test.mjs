// What an answer means for a batch.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'

const { retryIn } = await load('retry.ts')

for (const status of [200, 204, 400, 403, 404, 413])
  test(`${status} is the end of it`, () => assert.equal(retryIn(status, '9', 3, 0.5), 0))

for (const status of [408, 429, 500, 503, undefined])
  test(`${status} is tried again`, () => assert.ok(retryIn(status, null, 0, 0.5) >= 1000))

test('Retry-After is kept to, and up to as much again is waited', () => {
  assert.equal(retryIn(503, '7', 0, 0), 7000)
  assert.equal(retryIn(429, '8', 0, 1), 16_000)
})

test('a Retry-After that is a date counts as none', () =>
  assert.equal(retryIn(503, 'Wed, 21 Oct 2026 07:28:00 GMT', 1, 0), 4000))

test('a Retry-After that no timer can hold becomes five minutes', () =>
  assert.equal(retryIn(503, '9999999', 0, 0), 300_000))

test('the wait doubles, up to as much again is added, and it stays under 10 minutes', () => {
  assert.deepEqual(
    [0, 1, 2].map((tries) => retryIn(500, null, tries, 0)),
    [2000, 4000, 8000],
  )
  assert.equal(retryIn(500, null, 1, 1), 8000)
  assert.equal(retryIn(500, null, 60, 1), 600_000)
})
