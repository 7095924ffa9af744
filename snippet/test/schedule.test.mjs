// A schedule is open by the shop's wall clock, in the browser and on the server alike.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { load } from './load.mjs'

const { isOpen, isWithin, wallOf } = await load('rules/schedule.ts')
const { cases } = JSON.parse(
  readFileSync(new URL('../../tests/vectors/schedule.json', import.meta.url), 'utf8'),
)

test('isOpen agrees with all 1,100 vectors', () => {
  assert.equal(cases.length, 1100)
  const wrong = cases.filter(([, , now, is, schedule]) => isOpen(schedule, now) !== is)
  assert.deepEqual(wrong, [])
})

test('the wall shows midnight as minute 0 of the new day', () => {
  assert.deepEqual(wallOf('Europe/Berlin', Date.UTC(2026, 10, 22, 23)), ['Mon', 0])
  assert.deepEqual(wallOf('Asia/Kolkata', Date.UTC(2026, 10, 22, 18, 29)), ['Sun', 1439])
})

test('a span over midnight', () => {
  const late = [[1320, 120]]
  assert.deepEqual(
    [1319, 1320, 1439, 0, 119, 120].map((minute) => isWithin(late, minute)),
    [false, true, true, true, true, false],
  )
})

test('a timezone that is none throws: whoever asks shows nothing then', () => {
  assert.throws(() => isOpen({ zone: 'Mars/Olympus' }, 0))
})
