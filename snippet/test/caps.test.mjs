// What holds over any history: caps are never exceeded, the same facts give the same answer, both arms meet the same
// hurdles, and the debug overlay names the same condition as the decision. Histories are drawn from a seed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'
import { NOW, POPUP } from './page.mjs'

const { decide } = await load('stage/decide.ts')
const { note, DONE, ATTENTION } = await load('stage/frequency.ts')
const { ask } = await load('rules/ask.ts')
const { conditions } = await load('../../widgets/src/debug/conditions.ts')

const HOUR = 3_600_000
const RUNS = 300

/** mulberry32: small, and the same everywhere. */
const randomOf = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

const drawer = (seed) => {
  const random = randomOf(seed)
  const pick = (...of) => of[Math.floor(random() * of.length)]
  const chance = (p) => random() < p
  return { random, pick, chance }
}

const CART = {
  id: 'c',
  currency: 'EUR',
  exponent: 2,
  total_minor: 5000,
  lines: [{ sku: 'a', name: 'Hat', qty: 2 }],
}

const someCampaign = ({ pick, chance }, id) => ({
  ...POPUP,
  id,
  salt: id,
  holdout: pick(0, 5000, 10_000),
  rules: chance(0.5) || undefined,
  trigger: pick(
    { on: 'exit' },
    { on: 'after', after_s: pick(0, 5) },
    { on: 'engaged', after_s: 1 },
    { on: 'scroll', depth_pct: 50 },
    { on: 'added' },
  ),
  audience: {
    ...(chance(0.3) && { min_cart_minor: pick(1, 9000) }),
    ...(chance(0.2) && { holds: [pick('a', 'b')] }),
    ...(chance(0.2) && { visitors: pick('new', 'returning') }),
  },
  schedule: chance(0.2) ? { zone: 'UTC', ends: NOW + pick(-1, 1) * 1e9 } : undefined,
  frequency: { max: pick(1, 2, 5), per_h: pick(1, 24, 48), ...(chance(0.3) && { ever: pick(1, 2, 4) }) },
  variants: pick([1], [1, 1], [9, 1]).map((weight, n) => ({
    id: `v${n}`,
    weight,
    content: { widget: pick('popup', 'survey', 'push') },
  })),
})

const someFacts = ({ random, pick, chance }, seen, now) => {
  const record = {
    vid: `${random()}`.padEnd(22, 'x'),
    visits: pick(1, 3),
    seen,
    cart: chance(0.8) ? CART : null,
  }
  const moments = {
    ref: '',
    utm: '',
    attributes: {},
    score: 0.7,
    depth: pick(20, 80),
    alive: now,
    isOrdered: false,
    added: pick(0, now),
    called: {},
  }
  const facts = {
    _now: now,
    _record: record,
    _currency: 'EUR',
    _path: '/p',
    _isAtCheckout: false,
    _device: 'pointer',
    _lang: 'en',
    _moments: moments,
    _money: String,
    _attention: undefined,
    _isPreview: false,
    _isLeaving: false, // as the overlay has it
    _isCheckout: false,
    _isEngaged: chance(0.7),
    _seconds: pick(0, 1, 2, 9),
    _isTyping: chance(0.1),
    _isCovered: chance(0.1),
    _isBusy: chance(0.1),
    _here: new Set(),
    _parts: { mount: 1, popup: 1, survey: 1, push: chance(0.9) ? 1 : undefined },
  }
  facts._parts.rules = (campaign) => ask(campaign, facts)
  return facts
}

test('caps are never exceeded, whatever happens in whatever order', () => {
  let exposures = 0
  for (let run = 0; run < RUNS; run++) {
    const draw = drawer(run)
    const { random, pick, chance } = draw
    const attention = pick(undefined, { per_day: 1, apart_s: 0 }, { per_day: 5, apart_s: 3600 })
    const { per_day, apart_s } = attention || ATTENTION
    const campaigns = [0, 1, 2, 3].map((n) => ({
      ...someCampaign(draw, `c${n}`),
      audience: {},
      rules: undefined,
      schedule: undefined,
    }))
    const seen = {}
    const met = [] // [time, id]
    const done = new Set()
    let now = NOW
    for (let step = 0; step < 120; step++) {
      now += Math.floor(random() ** 4 * 12 * HOUR)
      for (const campaign of campaigns) {
        const facts = {
          ...someFacts(draw, seen, now),
          _attention: attention,
          _isLeaving: true,
          _isBusy: false,
        }
        if (typeof decide(campaign, facts) === 'string') continue
        assert.ok(!done.has(campaign.id), 'never again once it is done')
        met.push([now, campaign.id])
        note(campaign, seen, now)
        if (chance(0.1)) {
          note(campaign, seen, DONE)
          done.add(campaign.id)
        }
      }
    }
    exposures += met.length
    for (const [at, id] of met) {
      const { frequency } = campaigns.find((one) => one.id === id)
      const before = (span) => met.filter(([time]) => time <= at && at - time < span)
      assert.ok(before(24 * HOUR).length <= per_day, 'a day')
      assert.ok(before(apart_s * 1000).length <= 1, 'apart')
      const own = (list) => list.filter(([, other]) => other === id).length
      assert.ok(own(before(frequency.per_h * HOUR)) <= frequency.max, 'its own')
      assert.ok(own(met) <= (frequency.ever ?? Number.POSITIVE_INFINITY), 'in all')
    }
  }
  assert.ok(exposures > RUNS * 3, `${exposures} exposures are too few to say anything`)
})

test('the same facts give the same answer, and asking changes nothing', () => {
  for (let run = 0; run < RUNS * 5; run++) {
    const draw = drawer(run)
    const campaign = someCampaign(draw, 'c')
    const facts = someFacts(draw, { c: [NOW - HOUR], other: [NOW - 2 * HOUR] }, NOW)
    const before = JSON.stringify([campaign, facts])
    const first = decide(campaign, facts)
    assert.deepEqual(decide(campaign, facts), first)
    assert.equal(JSON.stringify([campaign, facts]), before)
  }
})

test('who is held out met just the hurdles that the others did', () => {
  let shown = 0
  for (let run = 0; run < RUNS * 5; run++) {
    const draw = drawer(run)
    const campaign = someCampaign(draw, 'c')
    const facts = { ...someFacts(draw, {}, NOW), _isLeaving: draw.chance(0.5) }
    const [out, on] = [10_000, 0].map((holdout) => decide({ ...campaign, holdout }, facts))
    if (typeof on === 'string') assert.equal(out, on)
    else {
      assert.deepEqual(out, [-1, 10_000])
      shown++
    }
  }
  assert.ok(shown > RUNS / 2, `${shown}`)
})

test('the overlay’s first unmet condition is the one that the decision names', () => {
  const named = new Set()
  for (let run = 0; run < RUNS * 10; run++) {
    const draw = drawer(run)
    const campaign = someCampaign(draw, 'c')
    if (
      /scroll|added/.test(campaign.trigger.on) ||
      campaign.schedule ||
      /holds|visitors/.test(JSON.stringify(campaign.audience))
    )
      campaign.rules = true // as the server has it
    const seen = draw.pick({}, { c: [NOW - 1000] }, { c: [DONE] }, { x: [NOW - HOUR, NOW - 9, NOW - 8] })
    const facts = someFacts(draw, seen, NOW)
    if (draw.chance(0.1)) facts._here.add('c')
    const answer = decide(campaign, facts)
    const told = conditions(campaign, facts).find(({ tone }) => tone !== 'good')
    assert.equal(told?.reason, typeof answer === 'string' ? answer : undefined)
    named.add(told?.reason)
  }
  for (const reason of [
    'here',
    'audience',
    'schedule',
    'busy',
    'frequency',
    'widget',
    'trigger',
    'early',
    'typing',
    'covered',
    undefined,
  ])
    assert.ok(named.has(reason), `${reason} never came up`)
})
