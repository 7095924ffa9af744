// Which question comes after an answer: the browser's half of tests/vectors/survey_next.json.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { load } from '../../snippet/test/load.mjs'

const vectors = JSON.parse(
  readFileSync(new URL('../../tests/vectors/survey_next.json', import.meta.url), 'utf8'),
)
const { next } = await load('../../widgets/src/next.ts')

for (const { why, index, next: rules, value, choices, to } of vectors)
  test(`${why}: from ${index} to ${to}`, () => {
    const question = rules.length ? { next: rules } : {}
    assert.equal(next(question, index, { value: value ?? undefined, choices }), to)
  })

test('an answer that was not given leads on, or where every answer leads', () => {
  assert.equal(next({ next: [{ chosen: ['a'], to: 3 }] }, 0, {}), 1)
  assert.equal(next({ next: [{ to: 3 }] }, 0, {}), 3)
})
