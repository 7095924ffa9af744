// Events reach the edge, each counted once, and no trouble on the way reaches the page.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { built, NOW, openPage, POPUP } from './page.mjs'

const view = (page, sku) =>
  page.window.dataLayer.push({ event: 'view_item', ecommerce: { items: [{ item_id: sku }] } })

test('the config is put in once, as text', () => {
  for (const adapter of ['api', 'datalayer'])
    assert.equal(built(`snippet-${adapter}`).split('__HEIMTA_CONFIG__').length, 2)
})

test('a batch looks as the wire says', async () => {
  const page = openPage({ lang: 'de-AT', referrer: 'https://search.example/find?q=secret#x' })
  await page.advance(1500)
  const [{ url, init, body }, ...more] = page.requests
  assert.deepEqual(more, [])
  assert.equal(url, 'https://edge.example/s/demo')
  assert.deepEqual(
    [init.method, init.keepalive, init.credentials, init.headers],
    ['POST', true, 'omit', undefined],
  )
  assert.deepEqual(Object.keys(body).sort(), ['ev', 'lang', 'preview', 'sent', 'sid', 'src', 'v', 'vid'])
  assert.deepEqual([body.v, body.lang, body.preview, body.sent], [1, 'de', false, NOW + 1000])
  assert.match(body.sid, /^[\w-]{11}$/)
  assert.match(body.src, /^[\w-]{11}$/)
  assert.deepEqual(body.ev, [
    {
      n: 0,
      t: 'page_viewed',
      at: NOW,
      u: '/p/hat?size=m',
      p: { ref: 'search.example/find', width: 1280, touch: false },
    },
  ])
})

test('leaving hands over what is waiting at once, and what is under way only once', async () => {
  const page = openPage()
  view(page, 'a')
  page.fire(page.window, 'pagehide')
  page.hide()
  assert.deepEqual(
    page.requests.map(({ body }) => body.ev.length),
    [2],
  )
  await page.advance(10_000)
  assert.equal(page.requests.length, 1)
})

test('a server in trouble is asked again after Retry-After, with the same numbers, and not before', async () => {
  let status = 503
  const page = openPage({ answer: () => ({ status, headers: { 'Retry-After': '20' } }) })
  await page.advance(1500)
  view(page, 'a')
  await page.advance(18_000)
  assert.equal(page.requests.length, 1)
  status = 200
  await page.advance(30_000)
  const [first, second, ...more] = page.batches()
  assert.deepEqual(more, [])
  assert.deepEqual(
    second.ev.map(({ n }) => n),
    [0, 1],
  )
  assert.equal(second.src, first.src)
  assert.deepEqual(second.ev[0], first.ev[0])
})

test('a refused batch is dropped and does not hold up the rest', async () => {
  const page = openPage({ answer: ({ ev }) => ({ status: ev.some(({ n }) => n === 0) ? 400 : 200 }) })
  await page.advance(1500)
  view(page, 'a')
  await page.advance(10_000)
  assert.deepEqual(
    page.batches().map(({ ev }) => ev.map(({ n }) => n)),
    [[0], [1]],
  )
})

for (const [name, fetch] of [
  [
    'throws',
    () => {
      throw new Error('patched')
    },
  ],
  ['answers with a number', () => 7],
  ['never answers', () => new Promise(() => {})],
  ['rejects', () => Promise.reject(new TypeError('failed'))],
  ['is gone', undefined],
])
  test(`a fetch that ${name} never reaches the page, and leaving uses the beacon or the next page`, async () => {
    const page = openPage()
    page.window.fetch = fetch
    await page.advance(60_000)
    page.hide()
    await page.advance(1000)
    if (name === 'throws' || name === 'rejects') assert.ok(page.requests.some(({ beacon }) => beacon))
  })

test('storage that throws keeps us quiet and the page whole', async () => {
  const page = openPage({ run: false })
  Object.defineProperty(page.window, 'localStorage', {
    get: () => {
      throw new Error('SecurityError')
    },
  })
  page.execute()
  await page.advance(5000)
  view(page, 'a')
})

test('a record that is broken is begun anew', async () => {
  for (const heimta of ['{', 'null', '7', '"x"', '[]', '{"seen":1}']) {
    const page = openPage({ store: { heimta } })
    await page.advance(1500)
    assert.equal(page.events('page_viewed').length, 1, heimta)
  }
})

const CART = {
  id: 'abcdefghijk',
  currency: 'EUR',
  exponent: 2,
  total_minor: 500,
  lines: [{ sku: 'a', name: 'A', qty: 1, unit_minor: 500, url: '', image: '' }],
  code: '',
}
const RECORD = {
  vid: 'v'.repeat(22),
  sid: 's'.repeat(11),
  last: NOW,
  visits: 3,
  cart: CART,
  seen: { one: [1] },
}

test('a record that is whole is kept as it is, whatever campaigns are called', async () => {
  const seen = { last: [NOW], 'at-last': [1], visits: [0], seen: [3], lines: [4], cart: [5], none: [] }
  const page = openPage({ store: { heimta: JSON.stringify({ ...RECORD, seen }) } })
  await page.advance(2000)
  const { vid, sid, visits, cart, seen: kept } = JSON.parse(page.store.heimta)
  const { vid: v, sid: s } = RECORD
  assert.deepEqual({ vid, sid, visits, cart, kept }, { vid: v, sid: s, visits: 3, cart: CART, kept: seen })
})

for (const [name, damage] of [
  ['seen is null', { seen: null }],
  ['seen is a number', { seen: 7 }],
  ['seen is a list', { seen: [1] }],
  ['times are no list', { seen: { 'exit-offer': 5, other: null } }],
  ['numbers are text', { last: `${NOW}`, visits: '3' }],
  ['numbers are nothing', { last: null, visits: null }],
  ['the cart is a text', { cart: 'x' }],
  ['the cart’s numbers are text', { cart: { ...CART, total_minor: '500' } }],
  ['the lines are no list', { cart: { ...CART, lines: { a: 1 } } }],
  ['a quantity is text', { cart: { ...CART, lines: [{ ...CART.lines[0], qty: '1' }] } }],
  ['the ids are numbers', { vid: 7, sid: 7 }],
  ['the ids are too short', { vid: 'v', sid: 's' }],
])
  test(`a damaged record is mended or thrown away: ${name}`, async () => {
    const widgets = { stage: ['/w/stage.js', 's'], popup: ['/w/popup.js', 'p'] }
    const store = { heimta: JSON.stringify({ ...RECORD, ...damage }) }
    const page = openPage({ store, config: { campaigns: [POPUP], widgets } })
    await page.advance(2000)
    await page.arrive()
    await page.advance(2000)
    await page.leave()
    page.window.dataLayer.push({ event: 'add_to_cart', ecommerce: { items: [{ item_id: 'b', price: 5 }] } })
    await page.advance(2000)
    // This page has no IndexedDB: memory does.
    assert.deepEqual(
      page.errors.filter((what) => !/indexedDB/.test(what)),
      [],
    )
    assert.equal(page.events('campaign_exposed').length, 1)
    for (const { vid, sid } of page.batches())
      assert.ok(/^[\w-]{22}$/.test(vid) && /^[\w-]{11}$/.test(sid), `${vid} ${sid}`)
    const [{ p }] = page.events('cart_updated')
    assert.ok(Number.isInteger(p.cart.total_minor))
    assert.ok(p.cart.lines.every(({ qty }) => qty === 1))
    const { last, visits, seen } = JSON.parse(store.heimta)
    assert.ok(Number.isInteger(last) && Number.isInteger(visits))
    assert.ok(seen['exit-offer'].every(Number.isInteger))
  })

test('a record of a no stays a no, however damaged the rest is', async () => {
  const heimta = JSON.stringify({ last: 'x', seen: null, consent: { analytics: false } })
  const page = openPage({ store: { heimta } })
  await page.advance(5000)
  assert.deepEqual(page.requests, [])
  const text = openPage({ store: { heimta: '{"consent":{"analytics":"denied"}}' } })
  await text.advance(5000)
  assert.deepEqual(text.requests, [])
})

test('what fails in a timer of ours never reaches the page', async () => {
  const page = openPage()
  await page.advance(4000)
  const fail = () => {
    throw new Error('patched by the page')
  }
  // The page clock runs each job unguarded: an error that is not caught fails this test.
  Object.defineProperty(page.window, 'innerWidth', { get: fail })
  page.window.history.pushState(null, '', '/p/sock')
  await page.advance(1000)
  assert.ok(page.errors.some((what) => /patched by the page/.test(what)))
})

test('a listener that fails after the grace time of a mouse never reaches the page', async () => {
  const page = openPage({ config: { campaigns: [POPUP] } })
  await page.advance(4000)
  page.errors.length = 0
  page.window.heimta('plugin', ({ taps }) => {
    taps.push((what) => {
      if (what === 'exit_intended') throw new Error('stage')
    })
  })
  await page.leave()
  assert.ok(page.errors.some((what) => /stage/.test(what)))
})

for (const turns of [0, 1, 2])
  test(`a page that is left after ${turns} of the three tasks of a beginning is told of all the same`, async () => {
    const page = openPage({ run: false, stub: [['product', { sku: 'hat' }]] })
    page.execute(turns)
    assert.deepEqual([page.window.heimta.on, page.requests], [turns > 1 || undefined, []])
    page.hide()
    page.fire(page.window, 'pagehide')
    assert.deepEqual(
      page.events().map(({ t }) => t),
      ['page_viewed', 'product_viewed'],
    )
    await page.advance(10)
    page.fire(page.window, 'pagehide')
    assert.equal(page.requests.length, 1)
  })

test('the tag pasted twice runs once', async () => {
  const page = openPage()
  page.execute()
  view(page, 'a')
  await page.advance(2000)
  assert.deepEqual(
    page.events().map(({ t }) => t),
    ['page_viewed', 'product_viewed'],
  )
})

test('one global, besides the shop’s own dataLayer', () => {
  const page = openPage({ run: false, dataLayer: [] })
  const before = new Set(Object.keys(page.window))
  page.execute()
  assert.deepEqual(
    Object.keys(page.window).filter((name) => !before.has(name)),
    ['heimta'],
  )
})

test('30 minutes of silence end a session, not the visit', async () => {
  const page = openPage()
  await page.advance(29 * 60_000)
  view(page, 'a')
  await page.advance(31 * 60_000)
  view(page, 'b')
  await page.advance(2000)
  const [one, two, three] = page.batches()
  assert.equal(one.sid, two.sid)
  assert.notEqual(two.sid, three.sid)
  assert.equal(one.vid, three.vid)
  assert.equal(JSON.parse(page.store.heimta).visits, 2)
})

test('a single-page shop’s pages count, by either way of knowing', async () => {
  for (const hasApi of [false, true]) {
    const page = openPage({ run: false })
    if (hasApi) page.window.navigation = new EventTarget()
    page.execute()
    page.window.history.pushState(null, '', '/p/sock')
    if (hasApi) page.fire(page.window.navigation, 'navigatesuccess')
    await page.advance(2000)
    page.go('/p/hat?size=m')
    page.fire(hasApi ? page.window.navigation : page.window, hasApi ? 'navigatesuccess' : 'popstate')
    page.fire(page.window, 'popstate')
    await page.advance(2000)
    assert.deepEqual(
      page.events('page_viewed').map(({ u }) => u),
      ['/p/hat?size=m', '/p/sock', '/p/hat?size=m'],
    )
  }
})

test('a page from the back/forward cache is viewed again', async () => {
  const page = openPage()
  await page.advance(2000)
  page.fire(page.window, 'pageshow', { persisted: true })
  page.fire(page.window, 'pageshow', { persisted: false })
  await page.advance(2000)
  assert.equal(page.events('page_viewed').length, 2)
})

test('a prerendered page waits until it is seen', async () => {
  const page = openPage({ prerendering: true })
  await page.advance(5000)
  assert.deepEqual(page.requests, [])
  page.document.prerendering = false
  page.fire(page.document, 'prerenderingchange')
  await page.advance(2000)
  assert.equal(page.events('page_viewed').length, 1)
})

test('a restore link’s token is told and taken out of the address', async () => {
  const page = openPage({ path: '/cart?a=1&heimta_r=tok.en-1234567&b=2' })
  await page.advance(2000)
  assert.deepEqual(
    page.events('cart_restored').map(({ p }) => p),
    [{ token: 'tok.en-1234567' }],
  )
  assert.equal(page.window.location.search, '?a=1&b=2')
  assert.ok(page.events().every(({ u }) => !u.includes('heimta_r')))
  const alone = openPage({ path: '/cart?heimta_r=tok.en-1234567' })
  await alone.advance(2000)
  assert.match(alone.window.location.href, /\/cart$/)
})

test('no listener could slow the page or cost it the back/forward cache', () => {
  const page = openPage({ run: false })
  const heard = []
  for (const target of [page.window, page.document])
    target.addEventListener = (type, _, options) => heard.push([type, options])
  page.execute()
  assert.ok(heard.length > 5)
  for (const [type, options] of heard) {
    assert.ok(options?.passive || type === 'pagehide', type)
    assert.ok(!/unload/.test(type), type)
  }
})
