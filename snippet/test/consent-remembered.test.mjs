// What one page knows of another: a no is remembered, and a word in another tab is followed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { argumentsOf, openPage } from './page.mjs'

const ask = { config: { consent: 'ask' } }
const yes = { analytics: true, marketing: true }
const no = { analytics: false, marketing: false }
/** All that is stored of who said no. */
const NO = { heimta: '{"consent":{"analytics":false}}' }
const silent = (page, store = {}) => {
  assert.deepEqual(page.requests, [])
  assert.deepEqual(page.store, store)
  assert.deepEqual(page.cookies, {})
}

test('another tab’s withdrawal is followed', async () => {
  const page = openPage({ ...ask, stub: [['consent', yes]] })
  await page.advance(2000)
  delete page.store.heimta
  page.fire(page.window, 'storage', { key: 'heimta' })
  page.window.dataLayer.push({ event: 'view_item', ecommerce: { items: [{ item_id: 'a' }] } })
  const sent = page.requests.length
  await page.advance(60_000)
  assert.equal(page.requests.length, sent)
  assert.deepEqual([page.store, page.cookies], [{}, {}])
})

test('a yes in another tab, or on a page that was left by the back button, begins this one', async () => {
  for (const event of ['storage', 'pageshow']) {
    const store = {}
    const waiting = openPage({ ...ask, store })
    await waiting.advance(2000)
    silent(waiting)
    const other = openPage({ ...ask, store, stub: [['consent', yes]] })
    await other.advance(2000)
    waiting.fire(waiting.window, event, event === 'storage' ? { key: 'heimta' } : { persisted: true })
    await waiting.advance(2000)
    assert.ok(waiting.events('page_viewed').length > 0)
    assert.equal(waiting.batches()[0].vid, other.batches()[0].vid)
  }
})

test('a tab that waits for its own banner is not begun by a yes elsewhere', async () => {
  const store = {}
  const dataLayer = [argumentsOf('consent', 'default', { analytics_storage: 'denied' })]
  const waiting = openPage({ ...ask, store, dataLayer })
  await waiting.advance(2000)
  await openPage({ ...ask, store, stub: [['consent', yes]] }).advance(2000)
  waiting.fire(waiting.window, 'storage', { key: 'heimta' })
  await waiting.advance(2000)
  assert.deepEqual(waiting.requests, [])
})

test('a no before anything was tracked is remembered by the next page', async () => {
  for (const config of [{ consent: 'ask' }, { consent: 'implied' }]) {
    const store = {}
    await openPage({ config, store, stub: [['consent', no]] }).advance(2000)
    const dataLayer = [argumentsOf('consent', 'default', { analytics_storage: 'granted' })]
    const next = openPage({ config, store, dataLayer })
    await next.advance(5000)
    silent(next, NO)
    next.window.heimta('consent', yes)
    await next.advance(2000)
    assert.equal(next.events('page_viewed').length, 1)
  }
})

test('a no of whom only the cookie knows is told, and ends the cookie', async () => {
  const cookies = { heimta_v: 'c'.repeat(22) }
  const page = openPage({ ...ask, cookies, stub: [['consent', no]] })
  await page.advance(2000)
  const [batch] = page.batches()
  assert.equal(batch.vid, 'c'.repeat(22))
  assert.deepEqual(
    batch.ev.map(({ t, p }) => [t, p]),
    [['consent_changed', no]],
  )
  assert.deepEqual([page.store, page.cookies], [NO, {}])
})

test('a no ends the cookie where localStorage is none', async () => {
  const page = openPage({ ...ask, store: null, cookies: {}, stub: [['consent', yes]] })
  await page.advance(2000)
  assert.equal(page.cookies.heimta_v?.length, 22)
  page.window.heimta('consent', no)
  await page.advance(2000)
  assert.deepEqual(page.cookies, {})
})

test('a second no does not take back the first, which is still to be told', async () => {
  let status = 503
  const page = openPage({ ...ask, stub: [['consent', yes]], answer: () => ({ status }) })
  await page.advance(2000)
  page.window.heimta('consent', { analytics: false })
  await page.advance(2000)
  page.window.heimta('consent', no)
  status = 200
  const before = page.requests.length
  await page.advance(600_000)
  const told = page.requests.slice(before).flatMap(({ body }) => body.ev)
  assert.deepEqual(
    told.map(({ t, p }) => [t, p.analytics]),
    [['consent_changed', false]],
  )
})

test('a no in another tab is known to one that waits, and no default undoes it', async () => {
  const store = {}
  const waiting = openPage({ ...ask, store })
  await waiting.advance(2000)
  await openPage({ ...ask, store, stub: [['consent', no]] }).advance(2000)
  waiting.fire(waiting.window, 'storage', { key: 'heimta' })
  waiting.window.dataLayer.push(argumentsOf('consent', 'default', { analytics_storage: 'granted' }))
  await waiting.advance(5000)
  silent(waiting, NO)
})
