// The rare conditions: each by itself, and how the file that asks them hears of what happens.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'
import { closes, NOW, openPage, POPUP } from './page.mjs'

const { ask } = await load('rules/ask.ts')

const LINES = [
  { sku: 'HAT-M', name: 'Wool hat, medium', qty: 2, unit_minor: 1999 },
  { sku: 'SOCK', name: 'Socks', qty: 1, unit_minor: 900 },
]
const RECORD = { vid: 'A'.repeat(22), last: NOW, visits: 3, seen: {}, cart: { lines: LINES } }
const MOMENTS = {
  ref: 'www.google.de',
  utm: 'Newsletter-11',
  attributes: { group: 'VIP', logged_in: 'true' },
  score: 0.7,
  depth: 60,
  alive: NOW - 30_000,
  isOrdered: false,
  added: 0,
  called: {},
}
const seen = { _now: NOW, _record: RECORD, _device: 'pointer', _lang: 'en', _moments: MOMENTS }
const answer = (campaign, moments = {}, record = {}) =>
  ask(
    { ...POPUP, ...campaign },
    { ...seen, _record: { ...RECORD, ...record }, _moments: { ...MOMENTS, ...moments } },
  )
const minute = new Date(NOW).getHours() * 60 + new Date(NOW).getMinutes()

for (const [audience, is, moments, record] of [
  [{}, true],
  [{ min_cart_minor: 1e9 }, true], // the stage's to ask
  [{ holds: ['hat-*'] }, true],
  [{ holds: ['*wool*'] }, true],
  [{ holds: ['HAT'] }, false],
  [{ holds: ['MUG', 'SOCK'] }, true],
  [{ holds: ['*'] }, false, {}, { cart: null }],
  [{ not_holds: ['hat-*'] }, false],
  [{ not_holds: ['mug'] }, true],
  [{ not_holds: ['*'] }, true, {}, { cart: null }],
  [{ referrers: ['*.google.*'] }, true],
  [{ referrers: ['direct'] }, false],
  [{ referrers: ['direct'] }, true, { ref: 'direct' }],
  [{ utm_sources: ['newsletter*'] }, true],
  [{ utm_sources: ['ads', 'facebook'] }, false],
  [{ devices: ['pointer'] }, true],
  [{ devices: ['touch'] }, false],
  [{ languages: ['en', 'de'] }, true],
  [{ languages: ['de'] }, false],
  [{ visitors: 'returning' }, true],
  [{ visitors: 'new' }, false],
  [{ visitors: 'returning' }, false, {}, { visits: 1 }],
  [{ visitors: 'new' }, true, {}, { visits: 1 }],
  [{ min_visits: 3 }, true],
  [{ min_visits: 4 }, false],
  [{ max_visits: 3 }, true],
  [{ max_visits: 2 }, false],
  [{ hours: [[minute, minute + 1]] }, true],
  [{ hours: [[minute + 1, minute + 2]] }, false],
  [{ hours: [[minute + 1, minute]] }, false],
  [{ push: 'subscribed' }, false],
  [{ push: 'subscribed' }, true, {}, { push: true }],
  [{ push: 'unsubscribed' }, false, {}, { push: true }],
  [{ attributes: { group: ['vip', 'b2b'] } }, true],
  [{ attributes: { group: ['b2b'] } }, false],
  [{ attributes: { group: ['vip'], logged_in: ['false'] } }, false],
  [{ attributes: { other: ['*'] } }, false],
])
  test(`${is ? 'in' : 'not in'}: ${JSON.stringify([audience, moments, record])}`, () =>
    assert.equal(answer({ audience }, moments, record), is ? '' : 'audience'))

for (const [trigger, is, moments] of [
  [{ on: 'exit' }, true],
  [{ on: 'exit', min_score: 0.7 }, true],
  [{ on: 'exit', min_score: 0.71 }, false],
  [{ on: 'after', after_s: 3 }, true],
  [{ on: 'order' }, false],
  [{ on: 'order' }, true, { isOrdered: true }],
  [{ on: 'scroll', depth_pct: 60 }, true],
  [{ on: 'scroll', depth_pct: 61 }, false],
  [{ on: 'idle', after_s: 30 }, true],
  [{ on: 'idle', after_s: 31 }, false],
  [{ on: 'added' }, false],
  [{ on: 'added' }, true, { added: NOW - 9999 }],
  [{ on: 'added' }, false, { added: NOW - 10_000 }],
  [{ on: 'click' }, false],
  [{ on: 'click' }, true, { called: { 'exit-offer': NOW } }],
  [{ on: 'call' }, false, { called: { other: NOW } }],
  [{ on: 'call' }, true, { called: { 'exit-offer': NOW } }],
])
  test(`${is ? 'now' : 'not yet'}: ${JSON.stringify([trigger, moments])}`, () =>
    assert.equal(answer({ trigger }, moments), is ? '' : 'trigger'))

test('a schedule that is over or closed is said before the trigger', () => {
  const trigger = { on: 'order' }
  assert.equal(answer({ trigger, schedule: { zone: 'UTC', ends: NOW } }), 'schedule')
  assert.equal(answer({ trigger, schedule: { zone: 'UTC', ends: NOW + 1 } }), 'trigger')
})

// From here on in a page, with the file as it ships.

const WIDGETS = { stage: ['/w/stage.js', 's'], popup: ['/w/popup.js', 'p'], rules: ['/w/rules.js', 'r'] }
const config = (...campaigns) => ({
  widgets: WIDGETS,
  attention: { per_day: 20, apart_s: 0 },
  campaigns: campaigns.map((campaign) => ({ ...POPUP, rules: true, ...campaign })),
})
const ready = async (page) => {
  await page.advance(2000)
  await page.arrive({ popup: closes })
  await page.advance(3000)
  await page.arrive({ popup: closes })
}
const exposed = async (page, ms = 2000) => {
  await page.advance(ms)
  await page.arrive({ popup: closes })
  await page.advance(2000)
  return page.events('campaign_exposed').map(({ p }) => p.campaign)
}
const cartOf = (quantity) => ({
  event: 'view_cart',
  ecommerce: { items: [{ item_id: 'a', price: 5, quantity }] },
})

test('what a click and a call ask for shows at once, or as soon as it may, and only then', async () => {
  const click = { id: 'click', trigger: { on: 'click', selector: '.gift' } }
  const call = { id: 'call', trigger: { on: 'call' } }
  const page = openPage({ config: config(click, call) })
  await ready(page)
  assert.deepEqual(await exposed(page, 5000), [])
  page.window.closest = (selector) => selector === '.gift'
  page.fire(page.window, 'click')
  assert.deepEqual(await exposed(page), ['click'])
  page.window.history.pushState(null, '', '/b')
  await page.advance(20_000)
  assert.deepEqual(await exposed(page), ['click'])
  page.window.heimta('show', 'call')
  assert.deepEqual(await exposed(page), ['click', 'call'])
})

test('a call that came before the file did is kept for it', async () => {
  const page = openPage({ stub: [['show', 'call']], config: config({ id: 'call', trigger: { on: 'call' } }) })
  await ready(page)
  assert.deepEqual(await exposed(page), ['call'])
})

test('attributes are few, short and never sent', async () => {
  const audience = { attributes: { group: ['vip'] } }
  const page = openPage({ config: config({ trigger: { on: 'after', after_s: 3 }, audience }) })
  page.window.heimta('attributes', { group: 'b2b' })
  await ready(page)
  assert.deepEqual(await exposed(page), [])
  const many = Object.fromEntries(Array.from({ length: 99 }, (_, n) => [`n${n}`, 'x'.repeat(999)]))
  page.window.heimta('attributes', many)
  page.window.heimta('attributes', { group: 'VIP' })
  assert.deepEqual(await exposed(page), ['exit-offer'])
  let moments
  page.window.heimta('plugin', (core) => {
    moments = core.moments
  })
  assert.equal(Object.keys(moments.attributes).length, 20)
  assert.ok(JSON.stringify(moments.attributes).length < 20 * 150)
  assert.equal(JSON.stringify(page.requests.map(({ body }) => body)).includes('VIP'), false)
  assert.equal(page.store.heimta.includes('VIP'), false)
})

test('an order that was told before the file came is known, on its page and no other', async () => {
  const order = { id: 'after', trigger: { on: 'order' } }
  const page = openPage({ path: '/thanks', config: config(order) })
  page.window.heimta('order', { order: 'A1' })
  await ready(page)
  assert.deepEqual(await exposed(page), ['after'])
  const next = openPage({ path: '/p/hat', store: page.store, config: config({ ...order, id: 'next' }) })
  await ready(next)
  assert.deepEqual(await exposed(next), [])
})

test('something put into the cart is noticed, on the same page and over a change of page', async () => {
  const added = { id: 'added', trigger: { on: 'added' }, frequency: { max: 9, per_h: 1 } }
  const page = openPage({ config: config(added) })
  await ready(page)
  page.window.dataLayer.push(cartOf(1))
  assert.deepEqual(await exposed(page), ['added'])
  page.window.dataLayer.push(cartOf(3))
  await page.advance(1000)
  const store = page.store
  const same = openPage({ store, config: config({ ...added, id: 'same' }) })
  same.window.dataLayer.push(cartOf(3))
  await ready(same)
  assert.deepEqual(await exposed(same), [])
  const more = openPage({ store, config: config({ ...added, id: 'more' }) })
  more.window.dataLayer.push(cartOf(4))
  await ready(more)
  assert.deepEqual(await exposed(more), ['more'])
  const route = openPage({ config: config({ ...added, id: 'route' }) })
  await ready(route)
  route.window.dataLayer.push(cartOf(1))
  route.window.history.pushState(null, '', '/cart')
  assert.deepEqual(await exposed(route, 4000), ['route'])
})

test('how far a page was scrolled, and how long nobody stirred', async () => {
  const scroll = { id: 'scroll', trigger: { on: 'scroll', depth_pct: 70 } }
  const idle = { id: 'idle', trigger: { on: 'idle', after_s: 20 } }
  const page = openPage({ config: config(scroll) })
  page.document.documentElement.scrollHeight = 2000
  await ready(page)
  assert.deepEqual(await exposed(page), [])
  page.window.scrollY = 600
  assert.deepEqual(await exposed(page), ['scroll'])
  const still = openPage({ config: config(idle) })
  await ready(still)
  await still.advance(10_000)
  still.fire(still.window, 'pointermove')
  assert.deepEqual(await exposed(still, 15_000), [])
  assert.deepEqual(await exposed(still, 4000), ['idle'])
  const film = openPage({ config: config(idle) })
  await ready(film)
  film.document.fullscreenElement = {}
  assert.deepEqual(await exposed(film, 60_000), [], 'who watches a film does not stir')
  film.document.fullscreenElement = null
  assert.deepEqual(await exposed(film, 21_000), ['idle'])
})

test('where the visit came from is kept over its pages, and forgotten with the consent', async () => {
  const audience = { referrers: ['news.example'], utm_sources: ['mail*'] }
  const late = { trigger: { on: 'after', after_s: 3 }, audience }
  const first = openPage({
    path: '/?utm_source=Mail-1',
    referrer: 'https://news.example/x',
    config: config(late),
  })
  await ready(first)
  assert.deepEqual(await exposed(first), ['exit-offer'])
  const { store } = first
  const next = openPage({ store, referrer: 'https://shop.example/', config: config({ ...late, id: 'next' }) })
  await ready(next)
  assert.deepEqual(await exposed(next), ['next'])
  next.window.heimta('consent', { analytics: false, marketing: false })
  await next.advance(1000)
  assert.equal(JSON.stringify(store).includes('news.example'), false)
})

test('only the sign of leaving that is sure enough', async () => {
  const sure = { trigger: { on: 'exit', min_score: 1 } }
  const page = openPage({ config: config(sure) })
  await ready(page)
  const tap = (score) => page.window.heimta('plugin', (core) => core.track('exit_intended', { score }))
  tap(0.9)
  assert.deepEqual(await exposed(page), [])
  tap(1)
  assert.deepEqual(await exposed(page), ['exit-offer'])
})

test('a timezone that the browser does not know keeps one campaign away, and no other', async () => {
  const lost = {
    id: 'lost',
    trigger: { on: 'after', after_s: 3 },
    schedule: { zone: 'Mars/Olympus', days: ['Mon'] },
  }
  const page = openPage({ config: config(lost, { id: 'fine', trigger: { on: 'after', after_s: 3 } }) })
  await ready(page)
  assert.deepEqual(await exposed(page), ['fine'])
})
