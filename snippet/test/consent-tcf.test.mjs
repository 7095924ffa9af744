// A banner that speaks IAB TCF: nothing before its word, and its word is kept to, whenever it comes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'
import { argumentsOf, openPage } from './page.mjs'

const { readTcf } = await load('consent-tcf.ts')
const ask = { config: { consent: 'ask' } }
const implied = { config: { consent: 'implied' } }
const all = { 1: true, 2: true, 3: true, 4: true, 7: true, 8: true }
const said = (consents, more) => ({
  gdprApplies: true,
  eventStatus: 'tcloaded',
  purpose: { consents },
  ...more,
})

for (const [what, data, expected] of [
  ['all purposes', said(all), { analytics: true, marketing: true }],
  ['none', said({}), { analytics: false, marketing: false }],
  [
    'no purposes at all',
    { gdprApplies: true, eventStatus: 'tcloaded' },
    { analytics: false, marketing: false },
  ],
  ['all but 1: nothing may be stored', said({ ...all, 1: false }), { analytics: false, marketing: false }],
  ['1 and 8', said({ 1: true, 8: true }), { analytics: true, marketing: false }],
  ['1 and 7 alone: that is advertising', said({ 1: true, 7: true }), { analytics: false, marketing: false }],
  [
    '1, 3 and 8: no choosing by the profile',
    said({ 1: true, 3: true, 8: true }),
    { analytics: true, marketing: false },
  ],
  ['1, 4 and 8: no profile', said({ 1: true, 4: true, 8: true }), { analytics: true, marketing: false }],
  ['an open banner', said(all, { eventStatus: 'cmpuishown' }), undefined],
  [
    'a place without the law',
    { gdprApplies: false, eventStatus: 'tcloaded' },
    { analytics: true, marketing: true },
  ],
])
  test(`TCF: ${what}`, () => assert.deepEqual(readTcf(data, false), expected))

test('TCF: a place without the law is no yes where Global Privacy Control or a remembered no bars it', () =>
  assert.equal(readTcf({ gdprApplies: false }, true), undefined))

/** A page with a banner. `page.banner(data)` is its word. */
const withBanner = (options, isLate = false) => {
  const page = openPage({ ...options, run: false })
  const listeners = []
  const calls = []
  const put = () => {
    page.window.__tcfapi = (...call) => {
      calls.push(call.slice(0, 2))
      listeners.push(call[2])
    }
  }
  if (!isLate) put()
  page.execute()
  return Object.assign(page, {
    put,
    calls,
    banner: (data, isGood = true) => {
      for (const listen of listeners) listen(data, isGood)
    },
  })
}
/** All that is stored of who said no. */
const NO = { heimta: '{"consent":{"analytics":false}}' }
const silent = (page, store = {}) => {
  assert.deepEqual(page.requests, [])
  assert.deepEqual(page.store, store)
  assert.deepEqual(page.cookies, {})
}

for (const options of [ask, implied])
  test(`TCF, ${options.config.consent}: silence before the banner’s word, and a yes sends what was held`, async () => {
    const page = withBanner(options)
    await page.advance(60_000)
    page.banner(said(all, { eventStatus: 'cmpuishown' }))
    page.banner(said(all), false)
    await page.advance(5000)
    silent(page)
    assert.deepEqual(page.calls, [['addEventListener', 2]])
    page.banner(said(all, { eventStatus: 'useractioncomplete' }))
    await page.advance(2000)
    assert.deepEqual(
      page.events().map(({ t }) => t),
      ['page_viewed', 'consent_changed'],
    )
    assert.deepEqual(page.events('consent_changed')[0].p, { analytics: true, marketing: true })
  })

for (const options of [ask, implied])
  test(`TCF, ${options.config.consent}: a no stays silent, and a no after a yes erases and stops`, async () => {
    const page = withBanner(options)
    await page.advance(5)
    page.banner(said({}))
    await page.advance(60_000)
    silent(page, NO)
    page.banner(said(all))
    await page.advance(2000)
    const { vid } = page.batches()[0]
    page.banner(said({ 1: true }))
    await page.advance(2000)
    assert.deepEqual(page.events('consent_changed').at(-1).p, { analytics: false, marketing: false })
    const sent = page.requests.length
    page.hide()
    await page.advance(120_000)
    assert.equal(page.requests.length, sent)
    assert.deepEqual(page.cookies, {})
    assert.ok(!JSON.stringify(page.store).includes(vid))
  })

test('TCF: a remembered yes waits for a banner that is still to be answered', async () => {
  const store = {}
  await openPage({ ...ask, store, stub: [['consent', { analytics: true, marketing: true }]] }).advance(2000)
  const page = withBanner({ ...ask, store })
  await page.advance(5000)
  assert.deepEqual(page.requests, [])
  page.banner(said(all))
  await page.advance(2000)
  assert.equal(page.events('page_viewed').length, 1)
})

test('TCF: a banner that comes after us is found, and its no ends what was implied', async () => {
  const page = withBanner(implied, true)
  await page.advance(5000)
  assert.equal(page.events('page_viewed').length, 1)
  page.put()
  await page.advance(60_000)
  assert.equal(page.calls.length, 1)
  page.banner(said({}))
  await page.advance(2000)
  assert.deepEqual(page.events('consent_changed').at(-1).p, { analytics: false, marketing: false })
  assert.deepEqual(page.cookies, {})
})

test('TCF: where there is no banner, nothing is waited for', async () => {
  const page = withBanner(ask, true)
  await page.advance(120_000)
  assert.deepEqual(page.calls, [])
  page.window.heimta('consent', { analytics: true, marketing: false })
  await page.advance(2000)
  assert.equal(page.events('page_viewed').length, 1)
})

test('TCF: outside the law it counts at once, but not against Global Privacy Control', async () => {
  const free = { gdprApplies: false, eventStatus: 'tcloaded' }
  const page = withBanner(ask)
  await page.advance(5)
  page.banner(free)
  await page.advance(2000)
  assert.equal(page.events('page_viewed').length, 1)
  const held = withBanner({ ...ask, gpc: true })
  await held.advance(5)
  held.banner(free)
  await held.advance(5000)
  silent(held)
})

test('TCF: a banner that throws or answers nonsense costs neither us nor the page anything', async () => {
  const page = openPage({ ...ask, run: false })
  page.window.__tcfapi = () => {
    throw new Error('banner')
  }
  page.execute()
  await page.advance(5000)
  silent(page)
  const odd = withBanner(ask)
  await odd.advance(5)
  for (const data of [null, 7, {}, { purpose: null }, { purpose: { consents: 'all' } }]) odd.banner(data)
  await odd.advance(5000)
  silent(odd, NO)
})

test('the shop’s own call outweighs a banner that is still to be answered', async () => {
  const page = openPage({ ...ask, run: false, stub: [['consent', { analytics: true, marketing: true }]] })
  page.window.__tcfapi = () => {}
  page.execute()
  await page.advance(2000)
  assert.equal(page.events('page_viewed').length, 1)
})

for (const options of [ask, implied])
  test(`${options.config.consent}: a granted default of Consent Mode or TCF does not undo a no that is remembered`, async () => {
    const store = {}
    const stub = [['consent', { analytics: true, marketing: true }]]
    const page = openPage({ ...options, store, stub })
    await page.advance(2000)
    page.window.heimta('consent', { analytics: false, marketing: false })
    const granted = [argumentsOf('consent', 'default', { analytics_storage: 'granted' })]
    for (const next of [
      openPage({ ...options, store, dataLayer: granted }),
      withBanner({ ...options, store }),
    ]) {
      await next.advance(5)
      next.banner?.({ gdprApplies: false, eventStatus: 'tcloaded' })
      await next.advance(5000)
      assert.deepEqual([next.requests, next.cookies], [[], {}])
    }
  })
