// Nothing is stored and nothing is sent before a yes; a no erases everything.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { argumentsOf, NOW, openPage } from './page.mjs'

const ask = { config: { consent: 'ask' } }
const yes = { analytics: true, marketing: true }
const no = { analytics: false, marketing: false }
const gtag = (page, ...args) => page.window.dataLayer.push(argumentsOf(...args))
/** All that is stored of who said no. */
const NO = { heimta: '{"consent":{"analytics":false}}' }
const silent = (page, store = {}) => {
  assert.deepEqual(page.requests, [])
  assert.deepEqual(page.store, store)
  assert.deepEqual(page.cookies, {})
}

test('asked for, silence holds everything in memory, and a yes sends it with its own times', async () => {
  const page = openPage(ask)
  page.window.dataLayer.push({
    event: 'add_to_cart',
    ecommerce: { currency: 'EUR', items: [{ item_id: 'a', price: 5 }] },
  })
  await page.advance(60_000)
  page.hide()
  page.fire(page.window, 'pagehide')
  page.fire(page.window, 'online')
  await page.advance(5000)
  silent(page)
  page.window.heimta('consent', yes)
  await page.advance(2000)
  assert.deepEqual(
    page.events().map(({ t }) => t),
    ['page_viewed', 'cart_updated', 'consent_changed'],
  )
  assert.equal(page.events()[0].at, NOW)
  assert.match(page.batches()[0].vid, /^[\w-]{22}$/)
  assert.equal(page.cookies.heimta_v, page.batches()[0].vid)
})

test('a yes is remembered, a repeated yes is no news', async () => {
  const store = {}
  const first = openPage({ ...ask, store, stub: [['consent', yes]] })
  await first.advance(2000)
  assert.deepEqual(
    first.events('consent_changed').map(({ p }) => p),
    [yes],
  )
  const second = openPage({ ...ask, store, stub: [['consent', yes]] })
  await second.advance(2000)
  assert.deepEqual(
    second.events().map(({ t }) => t),
    ['page_viewed'],
  )
  assert.equal(second.batches()[0].vid, first.batches()[0].vid)
})

test('a no from the start keeps the silence', async () => {
  const page = openPage({ ...ask, stub: [['consent', no]] })
  await page.advance(60_000)
  silent(page, NO)
})

test('only true is a yes', async () => {
  for (const analytics of ['denied', 'granted', 1, {}, null]) {
    const page = openPage({ ...ask, stub: [['consent', { analytics, marketing: true }]] })
    await page.advance(5000)
    silent(page, NO)
  }
})

test('a withdrawal is told once, erases everything, and is the end', async () => {
  for (const config of [{ consent: 'ask' }, { consent: 'implied' }]) {
    const page = openPage({ config, stub: [['consent', yes]] })
    await page.advance(2000)
    page.window.heimta('consent', no)
    await page.advance(2000)
    assert.deepEqual(page.events().at(-1), { ...page.events().at(-1), t: 'consent_changed', p: no })
    const sent = page.requests.length
    page.window.dataLayer.push({ event: 'view_item', ecommerce: { items: [{ item_id: 'a' }] } })
    page.hide()
    page.fire(page.window, 'online')
    await page.advance(120_000)
    assert.equal(page.requests.length, sent)
    assert.deepEqual(page.cookies, {})
    assert.ok(!JSON.stringify(page.store).includes(page.batches()[0].vid))
  }
})

test('an implied consent that was withdrawn stays withdrawn on the next page, without any id', async () => {
  const store = {}
  const page = openPage({ store })
  await page.advance(2000)
  page.window.heimta('consent', no)
  const next = openPage({ store })
  await next.advance(5000)
  assert.deepEqual(next.requests, [])
  assert.deepEqual(JSON.parse(store.heimta).vid, undefined)
})

test('after a withdrawal and a new yes, the visitor is another one', async () => {
  const page = openPage({ ...ask, stub: [['consent', yes]] })
  await page.advance(2000)
  page.window.heimta('consent', no)
  await page.advance(2000)
  page.window.heimta('consent', yes)
  await page.advance(2000)
  const [first, last] = [page.batches()[0], page.batches().at(-1)]
  assert.notEqual(first.vid, last.vid)
  assert.notEqual(first.src, last.src)
})

test('a withdrawal that fails is said again, alone, until the edge has it; nothing of it is stored', async () => {
  let status = 503
  const page = openPage({ ...ask, stub: [['consent', yes]], answer: () => ({ status }) })
  await page.advance(2000)
  const { vid } = page.batches()[0]
  page.window.heimta('consent', no)
  await page.advance(60_000)
  const [first, ...again] = page.batches().filter(({ ev }) => ev.some(({ p }) => p.analytics === false))
  assert.ok(again.length >= 2)
  for (const batch of again) {
    assert.deepEqual([batch.vid, batch.src], [vid, first.src])
    assert.deepEqual(batch.ev, first.ev.slice(-1))
    assert.ok(batch.sent > first.sent)
  }
  assert.deepEqual([page.store, page.cookies], [NO, {}])
  status = 200
  await page.advance(600_000)
  const sent = page.requests.length
  page.hide()
  await page.advance(600_000)
  assert.equal(page.requests.length, sent)
})

test('a withdrawal that could not be told is beaconed when the page is left', async () => {
  const page = openPage({ stub: [['consent', yes]] })
  await page.advance(2000)
  const { vid } = page.batches()[0]
  page.window.fetch = () => Promise.reject(new TypeError('offline'))
  page.window.heimta('consent', no)
  await page.advance(100)
  page.hide()
  await page.advance(0)
  const [{ body }] = page.requests.filter(({ beacon }) => beacon)
  assert.deepEqual([body.vid, body.ev.map(({ t, p }) => [t, p])], [vid, [['consent_changed', no]]])
})

test('after a withdrawal that failed, a new yes is another visitor, and only the no of the old one is told', async () => {
  let status = 503
  const page = openPage({ ...ask, stub: [['consent', yes]], answer: () => ({ status }) })
  await page.advance(2000)
  page.window.heimta('consent', no)
  await page.advance(5000)
  const sent = page.requests.length
  page.window.heimta('consent', yes)
  await page.advance(5000)
  status = 200
  await page.advance(600_000)
  const { vid } = page.batches()[0]
  const old = page
    .batches()
    .slice(sent)
    .filter((batch) => batch.vid === vid)
  assert.ok(old.every(({ ev }) => ev.length === 1 && ev[0].p.analytics === false))
  assert.ok(page.batches().length > sent + old.length)
})

const workers = (scope, log) => ({
  getRegistration: async (path) => {
    log.push(path)
    return (
      scope && {
        scope: `https://shop.example${scope}`,
        pushManager: {
          getSubscription: async () => ({ unsubscribe: async () => log.push('unsubscribed') }),
        },
      }
    )
  },
})

test('a withdrawal ends our push subscription, and never the shop’s own', async () => {
  for (const [scope, found] of [
    ['/heimta-push/', ['/heimta-push/', 'unsubscribed']],
    ['/', ['/heimta-push/']],
    ['', ['/heimta-push/']],
  ]) {
    const log = []
    const page = openPage({ stub: [['consent', yes]], serviceWorker: workers(scope, log) })
    await page.advance(2000)
    assert.deepEqual(log, [])
    page.window.heimta('consent', no)
    await page.advance(100)
    assert.deepEqual(log, found)
  }
})

test('a no on a page that was waiting for one ends the subscription that is remembered', async () => {
  const store = {}
  await openPage({ ...ask, store, stub: [['consent', yes]] }).advance(2000)
  store.heimta = JSON.stringify({ ...JSON.parse(store.heimta), push: true })
  const log = []
  const dataLayer = [argumentsOf('consent', 'default', { analytics_storage: 'denied' })]
  const page = openPage({ ...ask, store, dataLayer, serviceWorker: workers('/heimta-push/', log) })
  await page.advance(2000)
  assert.deepEqual(log, [])
  gtag(page, 'consent', 'update', { analytics_storage: 'denied' })
  await page.advance(2000)
  assert.deepEqual(log, ['/heimta-push/', 'unsubscribed'])
  assert.deepEqual([page.store, page.cookies], [NO, {}])
})

test('a browser whose service workers fail still withdraws, and nothing surfaces', async () => {
  for (const getRegistration of [
    () => Promise.reject(new Error('SecurityError')),
    () => {
      throw new Error('patched')
    },
    undefined,
  ]) {
    const page = openPage({ ...ask, stub: [['consent', yes]], serviceWorker: { getRegistration } })
    await page.advance(2000)
    page.window.heimta('consent', no)
    await page.advance(2000)
    assert.deepEqual(page.events('consent_changed').at(-1).p, no)
    assert.deepEqual([page.store, page.cookies], [NO, {}])
  }
})

for (const update of [{ ad_storage: 'granted' }, { functionality_storage: 'granted' }, {}]) {
  const words = JSON.stringify(update)
  test(`Consent Mode: ${words} is neither a withdrawal nor a decision on analytics`, async () => {
    const marketing = 'ad_storage' in update
    const implied = openPage()
    await implied.advance(2000)
    gtag(implied, 'consent', 'update', update)
    await implied.advance(2000)
    assert.deepEqual(
      implied.events('consent_changed').map(({ p }) => p),
      marketing ? [yes] : [],
    )
    assert.equal(JSON.parse(implied.store.heimta).consent?.analytics, undefined)
    implied.window.dataLayer.push({ event: 'view_item', ecommerce: { items: [{ item_id: 'a' }] } })
    await implied.advance(2000)
    assert.equal(implied.events('product_viewed').length, 1)

    const denied = () => [['consent', 'default', { analytics_storage: 'denied' }]]
    for (const options of [ask, { gpc: true }, { dataLayer: denied() }, { ...ask, dataLayer: denied() }]) {
      const page = openPage(options)
      gtag(page, 'consent', 'update', update)
      await page.advance(5000)
      silent(page)
      gtag(page, 'consent', 'update', { analytics_storage: 'granted' })
      await page.advance(2000)
      assert.deepEqual(page.events('consent_changed').at(-1).p, { analytics: true, marketing })
      assert.equal(page.events('page_viewed').length, 1)
    }
  })

  test(`Consent Mode: ${words} leaves a remembered decision as it is, and does not end the waiting for one`, async () => {
    const store = {}
    await openPage({ ...ask, store, stub: [['consent', { analytics: true, marketing: false }]] }).advance(
      2000,
    )
    const page = openPage({
      ...ask,
      store,
      dataLayer: [['consent', 'default', { analytics_storage: 'denied' }]],
    })
    gtag(page, 'consent', 'update', update)
    await page.advance(5000)
    assert.deepEqual(page.requests, [])
    const other = openPage({ ...ask, store })
    gtag(other, 'consent', 'update', update)
    await other.advance(2000)
    assert.ok(other.events('consent_changed').every(({ p }) => p.analytics))
    assert.equal(other.events('page_viewed').length, 1)
  })
}

test('Consent Mode: an update is the shopper’s word', async () => {
  const page = openPage(ask)
  gtag(page, 'consent', 'default', { analytics_storage: 'denied', ad_storage: 'denied' })
  await page.advance(5000)
  silent(page)
  gtag(page, 'consent', 'update', { analytics_storage: 'granted', ad_user_data: 'denied' })
  await page.advance(2000)
  assert.deepEqual(
    page.events('consent_changed').map(({ p }) => p),
    [{ analytics: true, marketing: false }],
  )
  gtag(page, 'consent', 'update', { ad_user_data: 'granted' })
  await page.advance(2000)
  assert.deepEqual(page.events('consent_changed').at(-1).p, yes)
})

test('Consent Mode: a denied default makes even a remembered or implied consent wait', async () => {
  for (const config of [{ consent: 'ask' }, { consent: 'implied' }]) {
    const store = {}
    await openPage({ config, store, stub: [['consent', yes]] }).advance(2000)
    const page = openPage({
      config,
      store,
      dataLayer: [['consent', 'default', { analytics_storage: 'denied' }]],
    })
    await page.advance(5000)
    assert.deepEqual(page.requests, [])
    gtag(page, 'consent', 'update', { analytics_storage: 'granted' })
    await page.advance(2000)
    assert.equal(page.events('page_viewed').length, 1)
  }
})

test('Consent Mode: a granted default is consent, but not against Global Privacy Control or for one region', async () => {
  const granted = (more) => [['consent', 'default', { analytics_storage: 'granted', ...more }]]
  const page = openPage({ ...ask, dataLayer: granted() })
  await page.advance(2000)
  assert.equal(page.events('page_viewed').length, 1)
  for (const options of [{ gpc: true, dataLayer: granted() }, { dataLayer: granted({ region: ['US'] }) }]) {
    const held = openPage({ ...ask, ...options })
    await held.advance(5000)
    silent(held)
  }
})

test('Global Privacy Control is a no, until the shopper says yes', async () => {
  for (const config of [{ consent: 'ask' }, { consent: 'implied' }]) {
    const page = openPage({ config, gpc: true })
    await page.advance(5000)
    silent(page)
    page.window.heimta('consent', yes)
    await page.advance(2000)
    assert.equal(page.events('page_viewed').length, 1)
  }
})

test('no more than 50 events are held', async () => {
  const page = openPage(ask)
  for (let n = 0; n < 200; n++)
    page.window.dataLayer.push({ event: 'view_item', ecommerce: { items: [{ item_id: `i${n}` }] } })
  page.window.heimta('consent', yes)
  await page.advance(3000)
  assert.ok(page.events().length <= 51)
  assert.equal(page.events('product_viewed').at(-1).p.sku, 'i199')
})

test('an explicit yes outweighs a denied default that no update follows', async () => {
  const dataLayer = [argumentsOf('consent', 'default', { analytics_storage: 'denied' })]
  const page = openPage({ ...ask, dataLayer, stub: [['consent', yes]] })
  await page.advance(2000)
  assert.equal(page.events('page_viewed').length, 1)
})
