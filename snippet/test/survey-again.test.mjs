// Whether a survey comes again: never after an answer or a deliberate no, once and much later after an accident; and the
// holdout, who can close nothing, meets it at just the same instants.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage, POPUP } from './page.mjs'

const DAY = 24 * 3_600_000
// As rules/when.py compiles a survey's frequency.
const frequency = { max: 1, per_h: 14 * 24, ever: 2, no: true }
const widgets = { stage: ['/w/stage.js', 'sha384-s'], survey: ['/w/survey.js', 'sha384-v'] }
const SURVEY = {
  ...POPUP,
  id: 'ask',
  salt: 'ask',
  frequency,
  variants: [{ id: 'a', weight: 100, content: { widget: 'survey', questions: [] } }],
}

/** One visit with a sign of leaving; what the shopper does with the survey. Says which arm was exposed. */
const visit = async (store, act = () => {}, campaign = {}) => {
  const page = openPage({ store, config: { widgets, campaigns: [{ ...SURVEY, ...campaign }] } })
  let context
  await page.advance(2000)
  await page.arrive({
    survey: (ctx) => {
      context = ctx
      return () => {}
    },
  })
  await page.advance(2000)
  await page.leave()
  if (context) await act(context, page)
  await page.advance(2000)
  return page.events('campaign_exposed').map(({ p }) => p.arm)
}

/** The visitor comes back so many days later. */
const later = (store, days) => {
  const record = JSON.parse(store.heimta)
  record.seen.ask = record.seen.ask.map((time) => time && time - days * DAY)
  store.heimta = JSON.stringify(record)
}

const closed = (how, after) => async (ctx, page) => {
  await page.advance(after)
  ctx.closed(how)
}

for (const [why, act] of [
  ['Escape', closed('escape', 9000)],
  ['a press outside', closed('outside', 9000)],
  ['the back gesture', closed('back', 9000)],
  ['a × that came under the finger', closed('close', 1500)],
  ['the page was left', () => {}],
  ['what the browser did not let it do', closed(undefined, 9000)],
])
  test(`${why}: once more, two weeks later, and then never`, async () => {
    const store = {}
    assert.deepEqual(await visit(store, act), ['a'])
    later(store, 13)
    assert.deepEqual(await visit(store, act), [])
    later(store, 1.1)
    assert.deepEqual(await visit(store, act), ['a'])
    later(store, 300)
    assert.deepEqual(await visit(store, act), [])
  })

for (const [why, act] of [
  ['a deliberate ×', closed('close', 2500)],
  ['an answer', (ctx) => ctx.track('survey_answered', { question: 'main', value: 1, step: 1, done: false })],
])
  test(`${why}: never again`, async () => {
    const store = {}
    assert.deepEqual(await visit(store, act), ['a'])
    later(store, 300)
    assert.deepEqual(await visit(store, act), [])
  })

test('the holdout is met at the same instants', async () => {
  const store = {}
  const held = { holdout: 10_000 }
  assert.deepEqual(await visit(store, undefined, held), ['holdout'])
  later(store, 13)
  assert.deepEqual(await visit(store, undefined, held), [])
  later(store, 1.1)
  assert.deepEqual(await visit(store, undefined, held), ['holdout'])
  later(store, 300)
  assert.deepEqual(await visit(store, undefined, held), [])
})

// Asked by mail as well: the file `answered` (widgets/src/answered.ts) asks the edge first.
for (const [what, answer, shown] of [
  ['who has answered by mail is not asked on the page', { json: { answered: ['ask', 'other'] } }, []],
  ['who has answered something else is', { json: { answered: ['other'] } }, ['a']],
  ['where the edge cannot be asked, nobody is', { status: 503, json: { error: {} } }, []],
])
  test(`by mail: ${what}`, async () => {
    const content = { widget: 'survey', questions: [], with: ['answered'] }
    const page = openPage({
      config: {
        widgets: { ...widgets, answered: ['/w/answered.js', 'sha384-n'] },
        campaigns: [{ ...SURVEY, variants: [{ id: 'a', weight: 100, content }] }],
      },
      answer: (_body, url) => ({ status: 200, ...(url.endsWith('/answered') && answer) }),
    })
    await page.advance(2000)
    await page.arrive({ survey: () => () => {} })
    await page.advance(1000)
    await page.leave()
    await page.advance(2000)
    assert.deepEqual(
      page.events('campaign_exposed').map(({ p }) => p.arm),
      shown,
    )
    const [asked] = page.requests.filter(({ url }) => url.endsWith('/answered'))
    assert.deepEqual(Object.keys(asked.body), ['vid'])
    assert.equal((JSON.parse(page.store.heimta).seen.ask || []).includes(0), !shown.length && !answer.status)
  })
