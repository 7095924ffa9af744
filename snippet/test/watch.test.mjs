// The shop's own cart, read whole at every hint: when it is asked, how often, and what an answer that is none changes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage } from './page.mjs'

const HAT = { id: 11, title: 'Hat', quantity: 1, final_price: 1999, url: '/p/hat', image: '/hat.jpg' }
const cartOf = (...items) => ({
  currency: 'EUR',
  items,
  total_price: items.reduce((all, { quantity, final_price }) => all + quantity * final_price, 0),
})

/** A Shopify shop. `shop.cart` is what it answers: a cart, or a function that does. */
const openShop = (options = {}) => {
  const shop = { cart: cartOf(), asked: 0, observers: [] }
  const page = openPage({ adapter: 'shopify', run: false, ...options })
  const send = page.window.fetch
  page.window.fetch = async (to, init) => {
    if (init.body) return send(to, init)
    shop.asked++
    assert.equal(to, '/en/cart.js')
    const cart = typeof shop.cart === 'function' ? await shop.cart() : shop.cart
    return { json: async () => structuredClone(cart) }
  }
  page.window.PerformanceObserver = class {
    constructor(seen) {
      this.seen = seen
    }
    observe(what) {
      assert.equal(what.type, 'resource')
      shop.observers.push(this.seen)
    }
  }
  const privacy = {
    analyticsProcessingAllowed: () => true,
    marketingAllowed: () => true,
    currentVisitorConsent: () => ({ analytics: 'yes' }),
  }
  page.window.Shopify = {
    routes: { root: '/en/' },
    customerPrivacy: privacy,
    loadFeatures: (_, done) => done(),
  }
  shop.requested = (name) => {
    for (const seen of shop.observers) seen({ getEntries: () => [{ name: `https://shop.example${name}` }] })
  }
  shop.hint = (promise) => page.fire(page.document, 'shopify:cart:lines-update', { promise })
  shop.open = () => page.execute()
  shop.carts = () => page.events('cart_updated').map(({ p }) => p.cart)
  return { shop, page, privacy }
}

test('hints are gathered: many lead to one read, a while after the first', async () => {
  const { shop, page } = openShop()
  shop.open()
  await page.advance(2000)
  assert.equal(shop.asked, 1)
  for (const _ of [1, 2, 3]) shop.hint()
  await page.advance(250)
  shop.hint()
  assert.equal(shop.asked, 1)
  await page.advance(100)
  assert.equal(shop.asked, 2)
  await page.advance(5000)
  assert.equal(shop.asked, 2)
})

test('hints without an end do not put the read off', async () => {
  const { shop, page } = openShop()
  shop.open()
  await page.advance(2000)
  for (let n = 0; n < 20; n++) {
    shop.hint()
    await page.advance(100)
  }
  assert.ok(shop.asked >= 5, `${shop.asked} reads in two seconds of hints`)
})

test('one read at a time, and one more after it for whatever has hinted meanwhile', async () => {
  const { shop, page } = openShop()
  let answer
  shop.cart = () =>
    new Promise((done) => {
      answer = done
    })
  shop.open()
  await page.advance(2000)
  assert.equal(shop.asked, 1)
  for (const _ of [1, 2, 3]) {
    shop.hint()
    await page.advance(1000)
  }
  assert.equal(shop.asked, 1)
  shop.cart = cartOf(HAT)
  answer(cartOf())
  await page.advance(3000)
  assert.equal(shop.asked, 2)
  assert.deepEqual(
    shop.carts().map(({ total_minor }) => total_minor),
    [1999],
  )
})

for (const [name, cart] of [
  ['a request that fails', () => Promise.reject(new TypeError('Failed to fetch'))],
  ['an answer that is no cart', { status: 429, message: 'Too many' }],
  ['an answer that is null', null],
])
  test(`${name} changes nothing, and the next hint asks again`, async () => {
    const { shop, page } = openShop()
    shop.cart = cartOf(HAT)
    shop.open()
    await page.advance(2000)
    shop.cart = cart
    shop.hint()
    await page.advance(2000)
    assert.equal(shop.asked, 2)
    assert.equal(shop.carts().length, 1)
    shop.cart = cartOf({ ...HAT, quantity: 2 })
    shop.hint()
    await page.advance(3000)
    assert.deepEqual(
      shop.carts().map(({ total_minor }) => total_minor),
      [1999, 3998],
    )
  })

test('an emptied cart is told once, with its id', async () => {
  const { shop, page } = openShop()
  shop.cart = cartOf(HAT)
  shop.open()
  await page.advance(2000)
  shop.cart = cartOf()
  for (const _ of [1, 2]) {
    shop.hint()
    await page.advance(2000)
  }
  const [full, empty, ...more] = shop.carts()
  assert.deepEqual(more, [])
  assert.deepEqual([empty.id, empty.lines, empty.total_minor], [full.id, [], 0])
})

for (const [currency, hundredths, exponent, minor] of [
  ['EUR', 1999, 2, 1999],
  ['JPY', 320_000, 0, 3200],
  ['KWD', 610, 3, 6100],
  ['HUF', 199_950, 2, 199_950], // the shop's own, of which browsers think otherwise
])
  test(`Shopify’s hundredths of ${currency} are exact`, async () => {
    const { shop, page } = openShop({ config: { currency: 'HUF', exponent: 2 } })
    shop.cart = { ...cartOf({ ...HAT, final_price: hundredths, quantity: 3 }), currency }
    shop.open()
    await page.advance(3000)
    const [cart] = shop.carts()
    assert.deepEqual(
      [cart.currency, cart.exponent, cart.total_minor, cart.lines[0].unit_minor],
      [currency, exponent, 3 * minor, minor],
    )
  })

test('a request that changes the cart is a hint, any other is none', async () => {
  const { shop, page } = openShop()
  shop.open()
  await page.advance(2000)
  for (const name of ['/en/cart/add', '/cart/change.js', '/en/cart/clear.js?x=1']) {
    const before = shop.asked
    shop.requested(name)
    await page.advance(1000)
    assert.equal(shop.asked, before + 1, name)
  }
  const before = shop.asked
  for (const name of ['/en/cart.js', '/cart', '/products/hat.js', '/search/suggest.json'])
    shop.requested(name)
  await page.advance(1000)
  assert.equal(shop.asked, before)
})

test('an announced change is read when it is done, and when it is refused', async () => {
  const { shop, page } = openShop()
  shop.open()
  await page.advance(2000)
  let settle
  for (const how of ['done', 'failed']) {
    const before = shop.asked
    shop.hint(
      new Promise((done, failed) => {
        settle = { done, failed }[how]
      }),
    )
    await page.advance(5000)
    assert.equal(shop.asked, before)
    settle({ cart: null, userErrors: [{ code: 'SOLD_OUT' }] })
    await page.advance(1000)
    assert.equal(shop.asked, before + 1)
  }
})

test('a page out of the back/forward cache is read anew', async () => {
  const { shop, page } = openShop()
  shop.open()
  await page.advance(2000)
  shop.cart = cartOf(HAT)
  page.fire(page.window, 'pageshow', { persisted: true })
  await page.advance(3000)
  assert.equal(shop.asked, 2)
  assert.equal(shop.carts().length, 1)
})

test('nothing is asked of the shop before a yes, nor after a no', async () => {
  const { shop, page, privacy } = openShop({ config: { consent: 'ask' } })
  let answer = ''
  privacy.currentVisitorConsent = () => ({ analytics: answer })
  privacy.analyticsProcessingAllowed = () => answer === 'yes'
  const say = async (word) => {
    answer = word
    page.fire(page.document, 'visitorConsentCollected')
    await page.advance(3000)
  }
  shop.open()
  shop.hint()
  await page.advance(5000)
  assert.equal(shop.asked, 0)
  assert.deepEqual([page.requests.length, page.store], [0, {}])
  await say('yes')
  assert.equal(shop.asked, 1)
  await say('no')
  shop.hint()
  shop.requested('/cart/add.js')
  await page.advance(5000)
  assert.equal(shop.asked, 1)
})

test('Shopify’s word is waited for, where consent is implied too', async () => {
  const { shop, page, privacy } = openShop()
  const { Shopify } = page.window
  let loaded
  Shopify.customerPrivacy = undefined
  Shopify.loadFeatures = (_, done) => {
    loaded = done
  }
  shop.open()
  await page.advance(3000)
  assert.deepEqual([shop.asked, page.requests.length, page.store], [0, 0, {}])
  loaded(new Error('blocked'))
  await page.advance(3000)
  assert.equal(page.requests.length, 0)
  Shopify.customerPrivacy = privacy
  loaded()
  await page.advance(3000)
  assert.equal(shop.asked, 1)
})

test('where Shopify asks nobody, Global Privacy Control is still a no', async () => {
  for (const gpc of [false, true]) {
    const { shop, page, privacy } = openShop({ gpc, config: { consent: 'ask' } })
    privacy.currentVisitorConsent = () => ({ analytics: '' })
    shop.open()
    await page.advance(3000)
    assert.equal(shop.asked, gpc ? 0 : 1)
  }
})

test('where Shopify asks nobody, what the shopper said to the shop’s own banner holds on the next page too', async () => {
  for (const analytics of [false, true]) {
    const store = {}
    const asked = []
    for (const stub of [[['consent', { analytics, marketing: false }]], []]) {
      const { shop, page, privacy } = openShop({ config: { consent: 'ask' }, store, stub })
      privacy.currentVisitorConsent = () => ({ analytics: '' })
      shop.open()
      await page.advance(3000)
      asked.push(shop.asked)
    }
    assert.deepEqual(
      [asked, JSON.parse(store.heimta).consent.analytics],
      [analytics ? [1, 1] : [0, 0], analytics],
    )
  }
})

test('a page that is not of the platform costs nothing but its cart', async () => {
  const page = openPage({ adapter: 'prestashop' })
  await page.advance(3000)
  assert.deepEqual(
    page.events().map(({ t }) => t),
    ['page_viewed'],
  )
  assert.equal(page.window.heimta.on, true)
})

test('the order key of a thank-you address is sent to nobody', async () => {
  const { shop, page } = openShop({ path: '/checkout/order-received/7/?t=1&key=wc_order_Ab1&x=2' })
  shop.open()
  await page.advance(3000)
  assert.deepEqual([...new Set(page.events().map(({ u }) => u))], ['/checkout/order-received/7/?&&x=2'])
})

test('nothing in an address that opens a cart, a payment or an account is sent', async () => {
  for (const [path, sent] of [
    ['/checkout-link/?products=7:1&session=eyJhbGciOi.x', '/checkout-link/?products=7:1&'],
    ['/thanks?payment_intent_client_secret=pi_1_secret_2&n=3', '/thanks?payment_intent_client_&n=3'],
    ['/account/reset?token=abc&id=7', '/account/reset?&id=7'],
    ['/account/recover/password?hash=abc', '/account/recover/password?'],
    ['/p/hat?size=m&start=2', '/p/hat?size=m&start=2'],
  ]) {
    const page = openPage({ path })
    await page.advance(3000)
    assert.deepEqual(
      page.events().map(({ u }) => u),
      [sent],
    )
  }
})
