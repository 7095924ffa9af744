// The GA4 events of a shop become whole carts, once a change.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { argumentsOf, openPage } from './page.mjs'

const HAT = {
  item_id: 'hat-m',
  item_name: 'Hat',
  price: 19.99,
  quantity: 1,
  item_url: '/p/hat',
  item_image: '/hat.svg',
}
const SOCK = { item_id: 'sock', item_name: 'Sock', price: 4.35, quantity: 2 }
const ga4 = (event, ecommerce) => ({ event, ecommerce: { currency: 'EUR', ...ecommerce } })

const carts = async (page) => {
  await page.advance(2000)
  return page.events('cart_updated').map(({ p }) => p.cart)
}

test('a whole cart is read to the cent', async () => {
  const page = openPage({ dataLayer: [ga4('view_cart', { value: 28.69, items: [HAT, SOCK] })] })
  const [cart, ...more] = await carts(page)
  assert.deepEqual(more, [])
  assert.match(cart.id, /^[\w-]{11}$/)
  assert.deepEqual(
    { ...cart, id: '' },
    {
      id: '',
      currency: 'EUR',
      exponent: 2,
      total_minor: 2869,
      code: '',
      lines: [
        { sku: 'hat-m', name: 'Hat', qty: 1, unit_minor: 1999, url: '/p/hat', image: '/hat.svg' },
        { sku: 'sock', name: 'Sock', qty: 2, unit_minor: 435, url: '', image: '' },
      ],
    },
  )
})

test('what was there before us and what is pushed later count alike, and the shop’s push still answers', async () => {
  const page = openPage({ dataLayer: [ga4('add_to_cart', { items: [HAT] })] })
  assert.equal(page.window.dataLayer.push(ga4('add_to_cart', { items: [SOCK] })), 2)
  const [one, two] = await carts(page)
  assert.deepEqual([one.total_minor, two.total_minor], [1999, 2869])
  assert.equal(one.id, two.id)
})

test('gtag arguments are understood too', async () => {
  const page = openPage()
  page.window.dataLayer.push(argumentsOf('event', 'add_to_cart', { currency: 'EUR', items: [HAT] }))
  assert.equal((await carts(page))[0].total_minor, 1999)
})

test('differences are worked into the known cart', async () => {
  const page = openPage()
  for (const [name, items] of [
    ['add_to_cart', [HAT]],
    ['add_to_cart', [{ ...HAT, quantity: 2 }, SOCK]],
    ['remove_from_cart', [HAT]],
    ['remove_from_cart', [{ ...SOCK, quantity: 9 }]],
  ])
    page.window.dataLayer.push(ga4(name, { items }))
  assert.deepEqual(
    (await carts(page)).map(({ total_minor, lines }) => [
      total_minor,
      lines.map(({ sku, qty }) => `${sku}:${qty}`).join(),
    ]),
    [
      [1999, 'hat-m:1'],
      [6867, 'hat-m:3,sock:2'],
      [4868, 'hat-m:2,sock:2'],
      [3998, 'hat-m:2'],
    ],
  )
})

test('a discount in the total outlives a difference', async () => {
  const page = openPage()
  page.window.dataLayer.push(ga4('view_cart', { value: 17.99, coupon: 'TEN', items: [HAT] }))
  page.window.dataLayer.push(ga4('add_to_cart', { items: [SOCK] }))
  const [, cart] = await carts(page)
  assert.deepEqual([cart.total_minor, cart.code], [1799 + 870, 'TEN'])
})

test('an unchanged cart sends nothing, on this page and on the next', async () => {
  const store = {}
  const first = openPage({
    store,
    dataLayer: [ga4('view_cart', { items: [HAT] }), ga4('view_cart', { items: [HAT] })],
  })
  const [cart, ...more] = await carts(first)
  assert.deepEqual(more, [])
  const second = openPage({ store, dataLayer: [ga4('view_cart', { items: [HAT] })] })
  assert.deepEqual(await carts(second), [])
  second.window.dataLayer.push(ga4('add_to_cart', { items: [SOCK] }))
  assert.equal((await carts(second))[0].id, cart.id)
})

test('an emptied cart is told with its id, and the next one is another', async () => {
  const page = openPage()
  for (const items of [[HAT], [], [], [SOCK]]) page.window.dataLayer.push(ga4('view_cart', { items }))
  const [full, empty, next, ...more] = await carts(page)
  assert.deepEqual(more, [])
  assert.deepEqual([empty.id, empty.total_minor, empty.lines], [full.id, 0, []])
  assert.notEqual(next.id, full.id)
})

test('ecommerce pushed apart from its event holds, until null resets it', async () => {
  const page = openPage()
  page.window.dataLayer.push({ ecommerce: { currency: 'EUR', items: [HAT] } })
  page.window.dataLayer.push({ event: 'view_cart' })
  page.window.dataLayer.push({ ecommerce: null })
  page.window.dataLayer.push({ event: 'add_to_cart' })
  assert.deepEqual(
    (await carts(page)).map(({ total_minor }) => total_minor),
    [1999],
  )
})

test('what is bought by weight is one piece at least, and nothing is none', async () => {
  const page = openPage()
  const weighed = (quantity) => ({ ...HAT, item_id: `at ${quantity}`, quantity })
  for (const quantity of [0.25, '0.2', 1.4, 0, -0.25, 'none', null])
    page.window.dataLayer.push(ga4('view_cart', { value: 5, items: [weighed(quantity)] }))
  assert.deepEqual(
    (await carts(page)).map(({ lines }) => lines.map(({ sku, qty }) => [sku, qty])),
    [[['at 0.25', 1]], [['at 0.2', 1]], [['at 1.4', 1]], [], [['at null', 1]]],
  )
})

test('currencies bring their own exponent', async () => {
  const page = openPage()
  page.window.dataLayer.push(ga4('view_cart', { currency: 'JPY', items: [{ ...HAT, price: 1999 }] }))
  page.window.dataLayer.push(ga4('view_cart', { currency: 'KWD', items: [{ ...HAT, price: '6.105' }] }))
  assert.deepEqual(
    (await carts(page)).map(({ exponent, total_minor }) => [exponent, total_minor]),
    [
      [0, 1999],
      [3, 6105],
    ],
  )
})

test('the shop’s own currency has the exponent of the config, wherever a price is read', async () => {
  const dataLayer = [
    ga4('view_item', { currency: 'HUF', items: [{ ...HAT, price: 1999.5 }] }),
    { event: 'view_cart', ecommerce: { items: [{ ...HAT, price: 1999 }] } },
  ]
  const lines = [{ sku: 'sock', name: 'Sock', qty: 1, unit_minor: 500 }]
  const stub = [
    ['product', { sku: 'sock', unit_minor: 500 }],
    ['cart', { currency: 'HUF', total_minor: 500, lines }],
  ]
  const page = openPage({ config: { currency: 'HUF', exponent: 2 }, dataLayer, stub })
  assert.deepEqual(
    (await carts(page)).map(({ currency, exponent, total_minor }) => [currency, exponent, total_minor]),
    [
      ['HUF', 2, 199_900],
      ['HUF', 2, 500],
    ],
  )
  assert.deepEqual(
    page.events('product_viewed').map(({ p }) => [p.currency, p.exponent, p.unit_minor]),
    [
      ['HUF', 2, 199_950],
      ['HUF', 2, 500],
    ],
  )
})

test('what GA4 takes is taken: an item by its name alone, a currency in small letters or none', async () => {
  const { item_id, ...named } = HAT
  const page = openPage({ dataLayer: [ga4('add_to_cart', { currency: 'eur', items: [named] })] })
  page.window.dataLayer.push(ga4('add_to_cart', { currency: '', items: [SOCK] }))
  page.window.dataLayer.push(ga4('view_item', { currency: null, items: [named] }))
  page.window.dataLayer.push(ga4('remove_from_cart', { items: [named] }))
  assert.deepEqual(
    (await carts(page)).map(({ currency, total_minor, lines }) => [
      currency,
      total_minor,
      lines.map(({ sku, qty }) => `${sku}:${qty}`).join(),
    ]),
    [
      ['EUR', 1999, 'Hat:1'],
      ['EUR', 2869, 'Hat:1,sock:2'],
      ['EUR', 870, 'sock:2'],
    ],
  )
  assert.equal(page.events('product_viewed')[0].p.currency, 'EUR')
})

test('a purchase ends the cart and counts once, though the thank-you page is loaded again', async () => {
  const store = {}
  const buy = ga4('purchase', { transaction_id: 1001, value: 19.99, items: [HAT] })
  const page = openPage({ store, dataLayer: [ga4('view_cart', { items: [HAT] }), buy, buy] })
  await page.advance(2000)
  assert.deepEqual(
    page.events('order_completed').map(({ p }) => p),
    [{ order: '1001' }],
  )
  assert.equal(JSON.parse(store.heimta).cart, null)
  const again = openPage({ store, dataLayer: [buy] })
  await again.advance(2000)
  assert.deepEqual(again.events('order_completed'), [])
})

test('a purchase is told whatever else is wrong with it, by the cart that it ends where it has no number', async () => {
  const view = ga4('view_cart', { items: [HAT] })
  for (const wrong of [{ currency: '' }, { currency: null }, { currency: '€' }, { items: { 1: HAT } }]) {
    const page = openPage({ dataLayer: [view, ga4('purchase', { transaction_id: 'A-7', ...wrong })] })
    await page.advance(2000)
    assert.deepEqual(
      page.events('order_completed').map(({ p }) => p),
      [{ order: 'A-7' }],
    )
  }
  const buy = ga4('purchase', { transaction_id: '', items: [HAT] })
  const page = openPage({ dataLayer: [view, buy, buy] })
  const [{ id }] = await carts(page)
  assert.deepEqual(
    page.events('order_completed').map(({ p }) => p),
    [{ order: id }],
  )
})

test('begin_checkout carries the cart, and starts the checkout once a page', async () => {
  const begin = ga4('begin_checkout', { value: 19.99, items: [HAT] })
  const page = openPage({ dataLayer: [begin, begin] })
  assert.equal((await carts(page)).length, 1)
  assert.equal(page.events('checkout_started').length, 1)
  page.window.history.pushState(null, '', '/checkout/payment')
  await page.advance(10)
  page.window.dataLayer.push(begin)
  await page.advance(2000)
  assert.equal(page.events('checkout_started').length, 2)
})

test('view_item is a product viewed', async () => {
  const page = openPage({ dataLayer: [ga4('view_item', { items: [HAT] })] })
  await page.advance(2000)
  const [{ p }] = page.events('product_viewed')
  assert.deepEqual(
    { ...p, qty: undefined },
    {
      sku: 'hat-m',
      name: 'Hat',
      unit_minor: 1999,
      url: '/p/hat',
      image: '/hat.svg',
      currency: 'EUR',
      exponent: 2,
      qty: undefined,
    },
  )
})

test('garbage in dataLayer harms neither us nor the shop', async () => {
  const garbage = [
    null,
    undefined,
    7,
    'x',
    [],
    {},
    { event: 'add_to_cart', ecommerce: 5 },
    { event: 'add_to_cart', ecommerce: { items: 5 } },
    ga4('view_cart', { currency: 'EURO!', items: [HAT] }),
    { event: 'view_cart', ecommerce: { items: [null] } },
    ['event'],
    ['consent'],
  ]
  const page = openPage({ dataLayer: [...garbage, ga4('view_cart', { items: [HAT] })] })
  for (const entry of garbage) page.window.dataLayer.push(entry)
  assert.equal((await carts(page))[0].total_minor, 1999)
})

test('the public calls work beside it, and alone', async () => {
  for (const adapter of ['api', 'datalayer']) {
    const line = { sku: 'hat-m', name: 'Hat', qty: 2, unit_minor: 1999 }
    const stub = [
      ['product', { sku: 'hat-m', unit_minor: 1999 }],
      ['cart', { currency: 'EUR', exponent: 2, total_minor: 3998, lines: [line] }],
      ['checkout'],
      ['order', { order: 'A-7' }],
      ['nonsense'],
      ['constructor'],
    ]
    const page = openPage({ adapter, stub })
    await page.advance(2000)
    assert.deepEqual(
      page.events().map(({ t }) => t),
      ['page_viewed', 'product_viewed', 'cart_updated', 'checkout_started', 'order_completed'],
    )
    assert.equal(page.events('cart_updated')[0].p.cart.total_minor, 3998)
  }
})

test('what cannot be read is no 0: neither a price, nor a total, nor what is worked out from them', async () => {
  const page = openPage({ dataLayer: [ga4('view_cart', { value: '19,99', items: [HAT] })] })
  page.window.dataLayer.push(ga4('add_to_cart', { items: [SOCK] }))
  page.window.dataLayer.push(ga4('view_cart', { items: [HAT, { ...SOCK, price: '' }] }))
  page.window.dataLayer.push(ga4('view_cart', { value: 28.69, items: [HAT, { ...SOCK, price: null }] }))
  assert.deepEqual(
    (await carts(page)).map(({ total_minor, lines }) => [total_minor, lines.map((line) => line.unit_minor)]),
    [
      [undefined, [1999]],
      [undefined, [1999, 435]],
      [undefined, [1999, undefined]],
      [2869, [1999, undefined]],
    ],
  )
})
