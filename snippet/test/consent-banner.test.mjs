// A banner that speaks Consent Mode, beside the shop's own word, early and late: what counts is what was said last.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { argumentsOf, openPage } from './page.mjs'

const ask = { config: { consent: 'ask' } }
const yes = { analytics: true, marketing: true }
const no = { analytics: false, marketing: false }
const gtag = (page, ...args) => page.window.dataLayer.push(argumentsOf(...args))

test('Consent Mode: the shop’s own no outweighs what a banner had said before it, not what it says later', async () => {
  for (const config of [{ consent: 'ask' }, { consent: 'implied' }]) {
    const dataLayer = [argumentsOf('consent', 'update', { analytics_storage: 'granted' })]
    const page = openPage({ config, dataLayer, stub: [['consent', no]] })
    await page.advance(5000)
    assert.deepEqual([page.requests, page.cookies], [[], {}])
    gtag(page, 'consent', 'update', { analytics_storage: 'granted' })
    await page.advance(2000)
    assert.equal(page.batches().length > 0, true)
  }
})

test('Consent Mode: a no while the banner’s file is on its way ends the yes that the shop had told', async () => {
  for (const config of [{ consent: 'ask' }, { consent: 'implied' }]) {
    const dataLayer = [argumentsOf('consent', 'default', { analytics_storage: 'denied' })]
    const page = openPage({ config, dataLayer, stub: [['consent', yes]] })
    gtag(page, 'consent', 'update', { analytics_storage: 'denied', ad_storage: 'denied' })
    await page.advance(5000)
    assert.deepEqual(page.cookies, {})
    assert.deepEqual(page.events('consent_changed').at(-1).p, no)
    const sent = page.requests.length
    page.window.heimta('product', { sku: 'hat', name: 'Hat', currency: 'EUR' })
    await page.advance(60_000)
    assert.equal(page.requests.length, sent)
  }
})

test('Consent Mode: a banner that comes after us is heard where no adapter reads dataLayer', async () => {
  const page = openPage({ ...ask, adapter: 'api' })
  await page.advance(5000)
  page.window.dataLayer = [argumentsOf('consent', 'default', { analytics_storage: 'denied' })]
  await page.advance(2000)
  assert.deepEqual([page.requests, page.store, page.cookies], [[], {}, {}])
  gtag(page, 'consent', 'update', { analytics_storage: 'granted' })
  await page.advance(2000)
  assert.equal(page.events('page_viewed').length, 1)
})

test('Consent Mode: entries that are none, and a dataLayer that is no list, keep nothing from running', async () => {
  for (const dataLayer of [[null, undefined, 7, 'consent', ['consent'], { 0: 'consent' }], {}, 7]) {
    const page = openPage({ adapter: 'api', dataLayer })
    await page.advance(3000)
    assert.equal(page.events('page_viewed').length, 1)
  }
})

const EEA = { analytics_storage: 'denied', region: ['DE', 'FR', 'IS'] }
const WORLD = { analytics_storage: 'granted', ad_storage: 'granted' }

test('Consent Mode: denied in some region, a granted default for the rest is nobody’s yes', async () => {
  for (const defaults of [
    [EEA, WORLD],
    [WORLD, EEA],
  ])
    for (const isEarly of [true, false]) {
      const entries = defaults.map((one) => argumentsOf('consent', 'default', one))
      const page = openPage({ ...ask, dataLayer: isEarly ? entries : [['event', 'page_view']] })
      await page.advance(isEarly ? 0 : 2000)
      if (!isEarly)
        page.window.dataLayer.push(argumentsOf('consent', 'default', { functionality_storage: 'granted' }))
      await page.advance(3000)
      if (!isEarly) for (const entry of entries) page.window.dataLayer.push(entry)
      await page.advance(5000)
      assert.deepEqual([page.requests, page.store, page.cookies], [[], {}, {}])
      gtag(page, 'consent', 'update', { analytics_storage: 'granted' })
      await page.advance(2000)
      assert.deepEqual(page.events('consent_changed').at(-1).p, { analytics: true, marketing: false })
    }
})

test('Consent Mode: a granted default waits as long as the banner asks for, and gives way to its word', async () => {
  const late = () => [argumentsOf('consent', 'default', { ...WORLD, wait_for_update: 500 })]
  const page = openPage({ ...ask, dataLayer: late() })
  await page.advance(400)
  assert.deepEqual([page.requests, page.store, page.cookies], [[], {}, {}])
  await page.advance(3000)
  assert.equal(page.events('page_viewed').length, 1)
  const refused = openPage({ ...ask, dataLayer: late() })
  await refused.advance(300)
  gtag(refused, 'consent', 'update', { analytics_storage: 'denied' })
  await refused.advance(5000)
  assert.deepEqual([refused.requests, refused.cookies], [[], {}])
})

test('Consent Mode: a granted default takes back no word on marketing, of just now or of an earlier page', async () => {
  const part = { analytics: true, marketing: false }
  const store = {}
  const page = openPage({
    ...ask,
    store,
    dataLayer: [argumentsOf('consent', 'default', { ...WORLD, wait_for_update: 500 })],
  })
  await page.advance(200)
  page.window.heimta('consent', part)
  await page.advance(5000)
  assert.deepEqual(page.events('consent_changed').at(-1).p, part)
  const next = openPage({ ...ask, store, dataLayer: [argumentsOf('consent', 'default', WORLD)] })
  await next.advance(5000)
  assert.deepEqual(next.events('consent_changed'), [])
  assert.equal(next.events('page_viewed').length, 1)
})

test('Consent Mode: an update that says nothing of analytics leaves the granted default its say', async () => {
  const page = openPage({ ...ask, dataLayer: [argumentsOf('consent', 'default', WORLD)] })
  gtag(page, 'consent', 'update', { functionality_storage: 'granted' })
  await page.advance(3000)
  assert.equal(page.events('page_viewed').length, 1)
})
