// What the outbox does when not all goes well: too much at once, no network, silence, no locks.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage } from './page.mjs'

const view = (page, sku, name = '') =>
  page.window.dataLayer.push({
    event: 'view_item',
    ecommerce: { items: [{ item_id: sku, item_name: name }] },
  })

/** A fetch that answers when told to. */
const hold = (page) => {
  const { fetch } = page.window
  const held = []
  page.window.fetch = async (...args) => {
    const answer = fetch(...args)
    await new Promise((done) => held.push(done))
    return answer
  }
  return () => {
    for (const done of held.splice(0)) done()
  }
}

const bytes = ({ body }) => JSON.stringify(body).length

test('leaving with more than browsers let out at once sends what fits, and the rest when there is room', async () => {
  const page = openPage()
  await page.advance(5000)
  const answer = hold(page)
  const before = page.requests.length
  for (let i = 0; i < 400; i++) view(page, `sku-${i}`, 'a name of some length '.repeat(8))
  page.fire(page.window, 'pagehide')
  page.hide()
  await page.advance(10)
  const first = page.requests.slice(before)
  assert.ok(first.length > 2 && first.length <= 4, `${first.length} requests`)
  assert.ok(first.map(bytes).reduce((a, b) => a + b) < 65_536)
  for (let turn = 0; turn < 20; turn++) {
    answer()
    await page.advance(2000)
  }
  answer()
  const seen = page.events('product_viewed').map(({ p }) => p.sku)
  assert.equal(new Set(seen).size, 400)
  const sent = page.batches().flatMap(({ ev }) => ev.map(({ n }) => n))
  assert.equal(sent.length, new Set(sent).size, 'nothing was sent twice')
})

test('a network that is back is used at once, not when the wait is over', async () => {
  let isOnline = true
  const page = openPage({
    answer: () => {
      if (!isOnline) throw new TypeError('failed')
      return { status: 200 }
    },
  })
  await page.advance(5000)
  isOnline = false
  view(page, 'a')
  await page.advance(120_000)
  isOnline = true
  const tried = page.requests.length
  page.fire(page.window, 'online')
  await page.advance(1500)
  assert.equal(page.requests.length, tried + 1)
  assert.equal(page.requests.at(-1).body.ev.at(-1).p.sku, 'a')
  await page.advance(600_000)
  assert.equal(page.requests.length, tried + 1)
})

test('a server that says nothing is given up after 30 seconds', async () => {
  const page = openPage({ run: false })
  const asked = []
  page.window.AbortSignal = { timeout: (ms) => asked.push(ms) && 'signal' }
  page.execute()
  await page.advance(1500)
  assert.deepEqual(asked, [30_000])
  assert.equal(page.requests[0].init.signal, 'signal')
})

test('a browser without that signal sends all the same', async () => {
  const page = openPage({ run: false })
  page.window.AbortSignal = class {}
  page.execute()
  await page.advance(1500)
  assert.equal(page.events('page_viewed').length, 1)
})

for (const [name, locks] of [
  ['are not there', undefined],
  ['are refused, as where storage is blocked', { request: () => Promise.reject(new Error('SecurityError')) }],
  ['are free', { request: async (_, __, run) => run({}) }],
])
  test(`events are sent once where locks ${name}`, async () => {
    const page = openPage({ run: false })
    page.window.navigator.locks = locks
    page.execute()
    view(page, 'a')
    await page.advance(10_000)
    assert.deepEqual(
      page.batches().map(({ ev }) => ev.map(({ t }) => t)),
      [['page_viewed', 'product_viewed']],
    )
  })

test('what failed waits for its turn while another tab is at work', async () => {
  let isTaken = true
  let status = 503
  const page = openPage({ run: false, answer: () => ({ status, headers: { 'Retry-After': '2' } }) })
  page.window.navigator.locks = { request: async (_, __, run) => run(isTaken ? null : {}) }
  page.execute()
  await page.advance(1500)
  status = 200
  await page.advance(10_000)
  assert.equal(page.requests.length, 1)
  isTaken = false
  await page.advance(2000)
  assert.equal(page.requests.length, 2)
})
