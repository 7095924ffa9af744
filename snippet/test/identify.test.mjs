// Whom the shop knows: an address to write to leaves the page only with a yes to that, said in the same call.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage } from './page.mjs'

const told = async (...calls) => {
  const page = openPage({ adapter: 'api', stub: calls.map((known) => ['identify', known]) })
  await page.advance(3000)
  assert.doesNotMatch(JSON.stringify(page.store), /hidden/)
  return page.events('visitor_identified').map(({ p }) => p)
}

test('the shop’s own id is told', async () => {
  assert.deepEqual(await told({ id: 'c-7' }, { id: 7 }), [{ id: 'c-7' }, { id: '7' }])
})

test('e-mail and phone are dropped without a plain yes', async () => {
  for (const consent of [undefined, false, null, 'true', 1])
    assert.deepEqual(await told({ id: 'c-7', email: 'a@hidden.example', phone: '+354 1234567', consent }), [
      { id: 'c-7' },
    ])
})

test('with a yes they are told', async () => {
  assert.deepEqual(await told({ email: 'a@hidden.example', phone: '+354 1234567', consent: true }), [
    { id: '', email: 'a@hidden.example', phone: '+354 1234567' },
  ])
})

test('before consent nothing is told of anybody', async () => {
  const page = openPage({ adapter: 'api', config: { consent: 'ask' }, stub: [['identify', { id: 'c-7' }]] })
  await page.advance(5000)
  assert.deepEqual([page.requests, page.store], [[], {}])
  page.window.heimta('consent', { analytics: true, marketing: true })
  await page.advance(3000)
  assert.equal(page.events('visitor_identified').length, 1)
})

test('garbage harms nobody', async () => {
  assert.deepEqual(await told(undefined, null, 7, 'x'), [{ id: '' }])
})

test('templates say it on every page: told once, and again when it has changed', async () => {
  const anna = ['identify', { id: 'c-7', email: 'a@hidden.example', consent: true }]
  const store = {}
  const cookies = {}
  const open = async (...calls) => {
    const page = openPage({ adapter: 'api', store, cookies, stub: calls })
    await page.advance(3000)
    return page.events('visitor_identified').map(({ p }) => p.id)
  }
  assert.deepEqual(await open(anna, anna), ['c-7'])
  assert.deepEqual(await open(anna), [])
  assert.deepEqual(await open(['identify', { id: 'c-8' }], ['identify', { id: 'c-8' }]), ['c-8'])
  assert.deepEqual(await open(anna), ['c-7'])
  assert.doesNotMatch(JSON.stringify(store), /hidden/)
})

test('after a no, which the edge forgets them by, it is told again', async () => {
  const page = openPage({ adapter: 'api', stub: [['identify', { id: 'c-7' }]] })
  const say = (marketing) => page.window.heimta('consent', { analytics: true, marketing })
  say(true)
  await page.advance(3000)
  say(false)
  say(true)
  page.window.heimta('identify', { id: 'c-7' })
  await page.advance(3000)
  assert.equal(page.events('visitor_identified').length, 2)
})

test('an order is told once, an older one too, whatever type its number has', async () => {
  const page = openPage({ adapter: 'api' })
  for (const order of ['1001', 1002, '1001', '1002', '', null, undefined])
    page.window.heimta('order', { order })
  await page.advance(3000)
  assert.deepEqual(
    page.events('order_completed').map(({ p }) => p.order),
    ['1001', '1002'],
  )
  const again = openPage({ adapter: 'api', store: page.store, cookies: page.cookies })
  again.window.heimta('order', { order: '1001' })
  await again.advance(3000)
  assert.deepEqual(again.events('order_completed'), [])
})

test('a record from before, with the latest order alone, is understood', async () => {
  const store = { heimta: JSON.stringify({ last: 0, visits: 1, order: '1001', seen: {}, consent: {} }) }
  const page = openPage({ adapter: 'api', store })
  for (const order of ['1001', '100']) page.window.heimta('order', { order })
  await page.advance(3000)
  assert.deepEqual(
    page.events('order_completed').map(({ p }) => p.order),
    ['100'],
  )
})

test('money that is none is left out, never a 0', async () => {
  const page = openPage({ adapter: 'api' })
  const cart = (more, ...prices) => {
    const lines = prices.map((unit_minor, at) => ({ sku: `s${at}`, name: '', qty: 2, unit_minor }))
    page.window.heimta('cart', { currency: 'EUR', ...more, lines })
  }
  cart({}, 500)
  cart({ total_minor: 0 }, 500)
  for (const total_minor of [Number.NaN, '', 'free', -1, '19,99'])
    cart({ total_minor, code: `${total_minor}` }, 500)
  for (const price of [undefined, null, '', 'x', -5]) cart({ code: `${price}-` }, 500, price)
  cart({ total_minor: 900 }, 500, undefined)
  cart({})
  await page.advance(3000)
  const sums = page
    .events('cart_updated')
    .map(({ p: { cart: one } }) => [one.total_minor, ...one.lines.map(({ unit_minor }) => unit_minor)])
  assert.deepEqual(sums, [
    [1000, 500],
    [0, 500],
    ...Array(5).fill([undefined, 500]),
    ...Array(5).fill([undefined, 500, undefined]),
    [900, 500, undefined],
    [0],
  ])
  assert.doesNotMatch(JSON.stringify(page.batches()), /:null/)
})
