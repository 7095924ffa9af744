// The day of delivery, as Python's zoneinfo has it: in fourteen timezones, around cut-offs, midnights and the nights on
// which the clock is changed.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { load } from '../../snippet/test/load.mjs'

const { promise } = await load('../../widgets/src/tweaks/promise.ts')

const { zones, start, calendars, cases } = JSON.parse(
  readFileSync(new URL('../../tests/vectors/delivery.json', import.meta.url), 'utf8'),
)
const settings = { before: '', start }

test('every promise of the vectors is kept', () => {
  assert.equal(cases.length, 1540)
  for (const [zone, table, cut_off, handling, least, most, now, expected] of cases) {
    const given = {
      ...settings,
      zone: zones[zone],
      days: calendars[table],
      cut_off,
      handling,
      transit: [least, most],
    }
    const found = promise(now, given)
    assert.deepEqual(
      found && [found.until, found.from, found.to],
      expected,
      `${zones[zone]} at ${new Date(now).toISOString()}, ${JSON.stringify({ ...given, days: table })}`,
    )
  }
})

const WEEK = {
  ...settings,
  zone: 'Europe/Berlin',
  start: 20_779,
  days: '0333330033333003333300',
  cut_off: 900,
  handling: 0,
  transit: [1, 2],
}
const DAY = 86_400_000

test('a longer calendar, or one that begins earlier, promises the same', () => {
  for (let hour = 0; hour < 24 * 7; hour++) {
    const now = (20_780 * 24 + hour) * 3_600_000
    const one = promise(now, WEEK)
    assert.deepEqual(promise(now, { ...WEEK, days: `${WEEK.days}33333` }), one)
    assert.deepEqual(promise(now, { ...WEEK, start: WEEK.start - 3, days: `333${WEEK.days}` }), one)
  }
})

test('time passing never brings the parcel earlier, and never the deadline back', () => {
  for (const [zone, table, cut_off, handling, least, most, now] of cases.slice(0, 300)) {
    const given = {
      ...settings,
      zone: zones[zone],
      days: calendars[table],
      cut_off,
      handling,
      transit: [least, most],
    }
    let last = promise(now, given)
    for (let step = 1; step < 30 && last; step++) {
      const next = promise(now + step * 5_000_000, given)
      if (!next) break
      assert.ok(next.until >= last.until && next.from >= last.from && next.to >= last.to)
      assert.ok(next.until > now + step * 5_000_000, 'the deadline is still to come')
      assert.ok(next.to >= next.from)
      last = next
    }
  }
})

test('what is outside of the calendar is not promised', () => {
  assert.equal(promise((WEEK.start - 1) * DAY, WEEK), null)
  assert.equal(promise((WEEK.start + 60) * DAY, WEEK), null)
  assert.equal(promise(WEEK.start * DAY, { ...WEEK, days: '1111111' }), null)
})
