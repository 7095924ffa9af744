// Whether a campaign shows, and to whom: one change from a campaign that does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'
import { NOW, POPUP } from './page.mjs'

const { decide } = await load('stage/decide.ts')
const { globMatches } = await load('stage/audience.ts')
const { note, DONE } = await load('stage/frequency.ts')

const HOUR = 3_600_000
const CART = {
  id: 'c',
  currency: 'EUR',
  exponent: 2,
  total_minor: 5000,
  lines: [{ sku: 'a', name: '', qty: 3, unit_minor: 1000 }],
}
const VISITOR = { vid: 'A'.repeat(22), last: NOW, visits: 1, seen: {}, cart: CART }
const FACTS = {
  _now: NOW,
  _record: VISITOR,
  _currency: 'EUR',
  _path: '/p/hat',
  _isAtCheckout: false,
  _isPreview: false,
  _isLeaving: true,
  _isCheckout: false,
  _isEngaged: true,
  _seconds: 10,
  _isTyping: false,
  _isCovered: false,
  _isBusy: false,
  _here: new Set(),
  _parts: { mount: 1, popup: 1, survey: 1, checkout: 1 },
}
const ask = (campaign, facts = {}, visitor = {}) =>
  decide({ ...POPUP, ...campaign }, { ...FACTS, ...facts, _record: { ...VISITOR, ...visitor } })
const SHOWN = [0, 10_000]

test('nothing stands against it', () => assert.deepEqual(ask({}), SHOWN))

for (const [why, campaign, facts, visitor] of [
  ['here', {}, { _here: new Set(['exit-offer']) }],
  ['audience', { audience: { min_cart_minor: 5001 } }],
  ['audience', { audience: { max_cart_minor: 4999 } }],
  ['audience', { audience: { min_items: 4 } }],
  ['audience', { audience: { min_items: 1 } }, {}, { cart: null }],
  ['audience', { audience: { min_cart_minor: 1 } }, {}, { cart: { ...CART, currency: 'USD' } }],
  ['audience', { audience: { max_cart_minor: 9999 } }, {}, { cart: { ...CART, currency: 'USD' } }],
  ['audience', { audience: { pages: ['/c/*'] } }],
  ['audience', { audience: { not_pages: ['/p/*'] } }],
  ['frequency', {}, { _attention: { per_day: 9, apart_s: 0 } }, { seen: { '': [NOW + 1] } }],
  ['busy', {}, { _isBusy: true }],
  ['frequency', {}, {}, { seen: { 'exit-offer': [NOW - 23 * HOUR] } }],
  ['frequency', {}, {}, { seen: { 'exit-offer': [NOW - 999 * HOUR, DONE] } }],
  ['frequency', {}, {}, { seen: { x: [NOW - HOUR, NOW - 2 * HOUR], y: [NOW - 3 * HOUR] } }],
  ['frequency', {}, {}, { seen: { x: [NOW - 59_000] } }],
  ['frequency', {}, { _attention: { per_day: 1, apart_s: 0 } }, { seen: { x: [NOW - 23 * HOUR] } }],
  ['frequency', { frequency: { max: 1, per_h: 1, ever: 2 } }, {}, { seen: { 'exit-offer': [1, 2] } }],
  ['widget', {}, { _parts: {} }],
  ['widget', { variants: [{ ...POPUP.variants[0], content: { widget: 'popup', with: ['blocks'] } }] }],
  ['rules', { rules: true }],
  ['audience', { rules: true }, { _parts: { rules: () => 'audience' } }],
  ['schedule', { rules: true }, { _parts: { rules: () => 'schedule' } }],
  ['widget', { rules: true }, { _parts: { rules: () => 'trigger' } }],
  ['trigger', { rules: true }, { _parts: { rules: () => 'trigger', mount: 1, popup: 1 } }],
  ['trigger', {}, { _isLeaving: false }],
  ['trigger', { trigger: { on: 'after', after_s: 11 } }],
  ['trigger', { trigger: { on: 'engaged', after_s: 5 } }, { _isEngaged: false }],
  ['trigger', { trigger: { on: 'checkout' } }],
  ['early', {}, { _seconds: 1 }],
  ['typing', {}, { _isTyping: true }],
  ['covered', {}, { _isCovered: true }],
])
  test(`${why}: ${JSON.stringify(campaign)} ${Object.keys(facts || {})} ${JSON.stringify(visitor || {})}`, () =>
    assert.equal(ask(campaign, facts, visitor), why))

for (const [campaign, facts, visitor] of [
  [
    {
      audience: {
        min_cart_minor: 5000,
        max_cart_minor: 5000,
        min_items: 3,
        pages: ['/p/*'],
        not_pages: ['/cart'],
      },
    },
  ],
  [{ rules: true }, { _parts: { rules: () => '', mount: 1, popup: 1 } }],
  [
    { trigger: { on: 'scroll', depth_pct: 50 }, rules: true },
    { _parts: { rules: () => '', mount: 1, popup: 1 }, _isLeaving: false },
  ],
  [{}, { _attention: { per_day: 4, apart_s: 0 } }, { seen: { x: [NOW, NOW - 1, NOW - 2] } }],
  [{}, {}, { seen: { x: [NOW - 60_000] } }],
  [{ frequency: { max: 1, per_h: 1, ever: 2 } }, {}, { seen: { 'exit-offer': [1] } }],
  [{ audience: { max_cart_minor: 100 } }, {}, { cart: null }],
  [{}, {}, { seen: { 'exit-offer': [NOW - 24 * HOUR] } }],
  [{ frequency: { max: 2, per_h: 24 } }, {}, { seen: { 'exit-offer': [NOW - HOUR] } }],
  [{}, {}, { seen: { x: [NOW - HOUR, NOW - 25 * HOUR], y: [NOW - 3 * HOUR] } }],
  [{ trigger: { on: 'after', after_s: 10 } }, { _isLeaving: false, _isEngaged: false }],
  [{ trigger: { on: 'engaged', after_s: 10 } }, { _isLeaving: false }],
  [{ trigger: { on: 'checkout' } }, { _isCheckout: true, _isLeaving: false }],
])
  test(`shows: ${JSON.stringify(campaign)} ${Object.keys(facts || {})} ${JSON.stringify(visitor || {})}`, () =>
    assert.deepEqual(ask(campaign, facts, visitor), SHOWN))

test('a checkout tweak interrupts nobody, so no budget, field or open popup stops it', () => {
  const tweak = {
    trigger: { on: 'checkout' },
    variants: [{ id: 'a', weight: 1, content: { widget: 'checkout' } }],
  }
  const facts = { _isCheckout: true, _isBusy: true, _isTyping: true, _isCovered: true, _seconds: 0 }
  assert.deepEqual(ask(tweak, facts, { seen: { x: [NOW, NOW, NOW] } }), SHOWN)
})

test('the holdout meets the same hurdles: all arms’ widgets must be here', () => {
  const variants = [...POPUP.variants, { id: 'b', weight: 100, content: { widget: 'survey' } }]
  assert.equal(ask({ holdout: 10_000, variants }, { _parts: { mount: 1, popup: 1 } }), 'widget')
  assert.deepEqual(ask({ holdout: 10_000, variants }), [-1, 10_000])
})

test('the merchant’s own visit is never held out', () => {
  assert.deepEqual(ask({ holdout: 10_000 }, { _isPreview: true }), SHOWN)
})

test('globs', () => {
  for (const [glob, path, is] of [
    ['/p/*', '/p/hat', true],
    ['/p/*', '/p/', true],
    ['/p/*', '/x/p/hat', false],
    ['*/sale', '/de/sale', true],
    ['/a.b', '/axb', false],
    ['/a+(b)', '/a+(b)', true],
    ['/', '/p', false],
    ['*', '/x/y', true],
    ['/größe/*', '/größe/m', true],
  ])
    assert.equal(globMatches(glob, path), is, `${glob} ${path}`)
})

test('the checkout is known by more than its path', () => {
  for (const [audience, isAt, is] of [
    [{ pages: ['/cart', 'checkout'] }, true, SHOWN],
    [{ pages: ['checkout'] }, false, 'audience'],
    [{ not_pages: ['/cart', 'checkout'] }, true, 'audience'],
    [{ not_pages: ['checkout'] }, false, SHOWN],
  ])
    assert.deepEqual(ask({ audience }, { _isAtCheckout: isAt, _path: '/index.php' }), is)
})

test('99 exposures of a campaign are remembered at most', () => {
  const seen = {}
  for (let n = 1; n < 200; n++) note(POPUP, seen, n)
  assert.equal(seen['exit-offer'].length, 99)
})
