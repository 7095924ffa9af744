// What the debug overlay tells a merchant: each reason in words, and never a decision of its own.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { load } from '../../snippet/test/load.mjs'
import { POPUP } from '../../snippet/test/page.mjs'

const { explain } = await load('../../widgets/src/debug/why.ts')
const { consentInWords, consentSources, eventInWords } = await load('../../widgets/src/debug/words.ts')
const { deliveryInWords } = await load('../../widgets/src/debug/delivery.ts')

const CART = {
  id: 'c',
  currency: 'EUR',
  exponent: 2,
  total_minor: 5000,
  lines: [{ sku: 'a', name: '', qty: 3, unit_minor: 1000 }],
}
const why = (answer, campaign = {}, against = '') => explain({ ...POPUP, ...campaign }, answer, against)

for (const [tone, words, answer, trigger] of [
  ['wait', /a tap or scroll/, undefined],
  ['wait', /about to leave/, 'trigger', { on: 'exit' }],
  ['wait', /5 s and a tap/, 'trigger', { on: 'engaged', after_s: 5 }],
  ['wait', /for a tap/, 'trigger', { on: 'engaged' }],
  ['wait', /20 s on this page/, 'trigger', { on: 'after', after_s: 20 }],
  ['wait', /checkout page/, 'trigger', { on: 'checkout' }],
  ['wait', /an order/, 'trigger', { on: 'order' }],
  ['wait', /60 % of the page/, 'trigger', { on: 'scroll', depth_pct: 60 }],
  ['wait', /30 s without a sign/, 'trigger', { on: 'idle', after_s: 30 }],
  ['wait', /put into the cart/, 'trigger', { on: 'added' }],
  ['wait', /a click on .help/, 'trigger', { on: 'click', selector: '.help' }],
  ['wait', /own call/, 'trigger', { on: 'call' }],
  ['good', /Shows “a”/, [0, 10_000]],
  ['no', /holdout/, [-1, 5000]],
  ['good', /Was met/, 'here'],
  ['no', /interrupted on this page/, 'busy'],
  ['wait', /files/, 'widget'],
  ['wait', /typing/, 'typing'],
])
  test(`${tone}: ${words}`, () => {
    const [heard, said] = why(answer, trigger ? { trigger } : {})
    assert.match(said, words)
    assert.equal(heard, tone)
  })

test('every word of the decision has words here', async () => {
  const source = await readFile(new URL('../../snippet/src/stage/decide.ts', import.meta.url), 'utf8')
  const answers = [...source.matchAll(/return '(\w+)'/g)].map(([, answer]) => answer)
  assert.ok(answers.length >= 7, answers.join())
  for (const answer of answers) assert.notEqual(why(answer)[1], answer)
})

test('the first condition that does not hold is said where it is about the visitor', () => {
  for (const answer of ['audience', 'frequency'])
    assert.match(why(answer, {}, 'At most 1 in 24 h: 1 so far.')[1], /1 in 24 h/)
  assert.doesNotMatch(why('busy', {}, 'At most 1')[1], /At most/)
})

const core = (consent, isOpen) => ({
  isOpen: () => isOpen,
  visitor: () => ({ consent }),
  lang: 'en',
  config: { currency: 'EUR', exponent: 2 },
})

test('consent is told as it is', () => {
  assert.match(
    consentInWords(core({ analytics: true, marketing: true }, true))[1],
    /^Given, for marketing too/,
  )
  assert.match(consentInWords(core(undefined, true))[1], /implied/)
  assert.match(consentInWords(core({ analytics: false }, false))[1], /^Refused/)
  assert.match(consentInWords(core(undefined, false))[1], /^Not given yet/)
  assert.match(consentInWords(core({ analytics: true }, false))[1], /asks again/)
})

test('who spoke of consent is named, whatever else is in the dataLayer', () => {
  const page = {
    dataLayer: [
      null,
      7,
      { event: 'x' },
      ['consent', 'default', { analytics_storage: 'denied' }],
      ['consent', 'update'],
    ],
    __tcfapi() {},
  }
  assert.deepEqual(consentSources(page), [
    'Google Consent Mode: default denied, then update (not about analytics)',
    'a TCF banner',
  ])
  assert.deepEqual(consentSources({}), [])
})

test('events have words, and those nobody wrote words for have their name', () => {
  const say = (name, props) => eventInWords(core(), name, props)
  assert.equal(say('cart_updated', { cart: CART }), 'The cart: 3 items, €50.00')
  assert.equal(say('cart_updated', { cart: { ...CART, lines: [] } }), 'The cart: emptied')
  assert.equal(say('product_viewed', { sku: 'h', unit_minor: 1999 }), 'Product viewed · h')
  assert.equal(say('campaign_exposed', { campaign: 'x', arm: 'a' }), 'Campaign exposed · x · a')
  assert.equal(say('brand_new', {}), 'Brand new')
})

test('a refusal by the edge is no success', () => {
  const at = Date.now()
  assert.deepEqual(
    [200, 400, 429, 503, 0].map((status) => deliveryInWords(1, at, status)[0]),
    ['good', 'no', 'wait', 'wait', 'wait'],
  )
  assert.match(deliveryInWords(0, 0, 0)[1], /not asked yet/)
})
