// Signs of leaving on a phone, what looks like one, and returns after some time elsewhere.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage } from './page.mjs'

const CART = {
  id: 'c'.repeat(11),
  currency: 'EUR',
  exponent: 2,
  total_minor: 4500,
  lines: [{ sku: 'hat', qty: 1 }],
}
const withCart = () => ({ heimta: JSON.stringify({ last: 0, visits: 1, seen: {}, cart: CART }) })

const finger = async (act, options = {}) => {
  const page = openPage({ device: 'touch', ...options })
  await page.advance(4000)
  await act(page)
  await page.advance(3000)
  return page.events('exit_intended').map(({ p }) => p)
}
const scroll = async (page, ys, ms = 16) => {
  for (const y of ys) {
    page.window.scrollY = y
    page.fire(page.document, 'scroll')
    await page.advance(ms)
  }
}
const touch = (page) => {
  page.fire(page.document, 'touchstart')
  page.fire(page.document, 'touchend')
}
const DOWN = [0, 200, 400, 600, 800, 1000, 1200]
const FLING = [1200, 1150, 1100, 1050, 1000, 950, 900, 850, 800, 750, 700]
const fling = async (page, ys = FLING) => {
  await scroll(page, DOWN, 100)
  touch(page)
  await scroll(page, ys)
}

test('a hard fling back up after reading down, after which nothing is touched, is an exit', async () => {
  const [exit, ...more] = await finger(fling)
  assert.deepEqual(more, [])
  assert.deepEqual([exit.device, exit.kind], ['touch', 'fling'])
  assert.ok(exit.score > 0.6 && exit.score < 1, `${exit.score}`)
})

const away = (ms) => async (page) => {
  page.hide()
  await page.advance(ms)
  page.hide(false)
}

test('a return after more than 10 seconds elsewhere is an exit', async () => {
  assert.deepEqual(await finger(away(11_000)), [{ device: 'touch', kind: 'return', score: 0.6 }])
})

test('so it is with a mouse', async () => {
  const page = openPage()
  await page.advance(4000)
  await away(11_000)(page)
  await page.advance(3000)
  assert.deepEqual(
    page.events('exit_intended').map(({ p }) => p.kind),
    ['return'],
  )
})

/** Out of the back/forward cache. elsewhere: on a page of the shop, which has told of itself. */
const comeBack = (inShop) => async (page) => {
  page.hide()
  await page.advance(20_000)
  if (inShop)
    page.store.heimta = JSON.stringify({ ...JSON.parse(page.store.heimta), last: page.clock.now() - 2000 })
  page.document.hidden = false
  page.fire(page.document, 'visibilitychange')
  page.fire(page.window, 'pageshow', { persisted: true })
  await page.advance(4000)
}

test('back from another site is an exit, once the page has been looked at', async () => {
  assert.deepEqual(await finger(comeBack(false)), [{ device: 'touch', kind: 'back', score: 0.6 }])
})

test('back from another page of the shop is none', async () => {
  assert.deepEqual(await finger(comeBack(true)), [])
})

test('a return to the checkout is none: the payment was approved in the bank’s app, or on its page', async () => {
  for (const act of [away(30_000), comeBack(false)])
    assert.deepEqual(await finger(act, { path: '/checkout/payment' }), [])
})

test('weak signs add up: a phone put down with a full cart, after a middling fling', async () => {
  const middling = [1200, 1170, 1140, 1110, 1080, 1050, 1020, 990, 960, 930, 900, 870, 840, 810]
  const store = withCart()
  assert.deepEqual(await finger((page) => fling(page, middling), { store }), [])
  const [exit] = await finger(
    async (page) => {
      await fling(page, middling)
      await page.advance(2000)
      touch(page)
      await page.advance(31_000)
    },
    { store: withCart() },
  )
  assert.equal(exit.kind, 'idle')
  assert.ok(exit.score > 0.5, `${exit.score}`)
})

test('a phone put down means little alone', async () => {
  const rest = async (page) => {
    touch(page)
    await page.advance(40_000)
  }
  assert.deepEqual(await finger(rest, { store: withCart() }), [])
})

for (const [name, act, options] of [
  [
    'a slow scroll back',
    async (page) => {
      await scroll(page, DOWN, 100)
      touch(page)
      await scroll(
        page,
        FLING.map((y) => y / 3 + 800),
        40,
      )
    },
  ],
  [
    'a fling near the top',
    async (page) => {
      await scroll(page, [0, 100, 200, 300, 400], 100)
      touch(page)
      await scroll(page, [400, 350, 300, 250, 200, 150, 100, 50, 0])
    },
  ],
  [
    'a jump made by the page',
    async (page) => {
      await scroll(page, DOWN, 100)
      await page.advance(3000)
      await scroll(page, [1190, 600, 0])
    },
  ],
  [
    'up to the menu of the shop, which is tapped',
    async (page) => {
      await fling(page)
      await page.advance(800)
      touch(page)
      page.fire(page.document, 'click')
    },
  ],
  [
    'up, and on with reading',
    async (page) => {
      await fling(page)
      await page.advance(600)
      touch(page)
      await scroll(page, [750, 800, 850])
    },
  ],
  [
    '"back to top", just tapped',
    async (page) => {
      await scroll(page, DOWN, 100)
      touch(page)
      page.fire(page.document, 'click')
      await scroll(page, FLING)
    },
  ],
  [
    'the address bar changes the height',
    async (page) => {
      await scroll(page, DOWN, 100)
      touch(page)
      for (const [i, y] of FLING.entries()) {
        page.window.innerHeight = 800 + (i % 2) * 60
        page.fire(page.window, 'resize')
        await scroll(page, [y])
      }
    },
  ],
  ['a glance at another app', away(3000)],
  ['the first page come from a search engine', fling, { referrer: 'https://search.example/?q=hat' }],
])
  test(`no exit: ${name}`, async () => assert.deepEqual(await finger(act, options), []))

test('the second page of such a visit may see one', async () => {
  const exits = await finger(
    async (page) => {
      page.window.history.pushState(null, '', '/p/sock')
      await page.advance(4000)
      await fling(page)
    },
    { referrer: 'https://search.example/' },
  )
  assert.equal(exits.length, 1)
})
