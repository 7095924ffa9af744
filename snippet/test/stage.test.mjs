// From the signal to the arm: what is loaded when, shown to whom, and told.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closes, openPage, POPUP } from './page.mjs'

const config = (...campaigns) => ({ campaigns: campaigns.map((campaign) => ({ ...POPUP, ...campaign })) })
const ready = async (page, mounts) => {
  await page.advance(2000)
  await page.arrive(mounts)
  await page.advance(2000)
}
const exposures = async (page) => {
  await page.advance(2000)
  return page.events('campaign_exposed').map(({ p }) => p)
}

test('files come with integrity and nonce, once, before they are needed; at the exit there is no request', async () => {
  const page = openPage({ config: config({}) })
  await page.advance(500)
  assert.deepEqual(page.scripts, [])
  page.fire(page.document, 'pointerdown')
  await page.advance(1000)
  assert.deepEqual(page.scripts, [
    { src: 'https://edge.example/w/stage.js', integrity: 'sha384-s', crossOrigin: '', nonce: 'n0' },
  ])
  await page.arrive()
  await page.advance(4000)
  const before = page.scripts.length
  await page.leave()
  assert.equal(page.scripts.length, before)
  assert.equal((await exposures(page)).length, 1)
})

test('on a page that is never idle they come within a second all the same', async () => {
  const page = openPage({ config: config({}), run: false })
  page.window.requestIdleCallback = (run, { timeout = Number.POSITIVE_INFINITY }) =>
    page.clock.setTimeout(run, timeout)
  page.execute()
  page.fire(page.document, 'pointerdown')
  await page.advance(2500)
  assert.deepEqual(
    page.scripts.map(({ src }) => src),
    ['https://edge.example/w/stage.js'],
  )
})

test('a shop without a live campaign loads nothing more', async () => {
  const page = openPage({ config: { widgets: {} } })
  await page.advance(30_000)
  assert.deepEqual(page.scripts, [])
})

test('at the exit a variant shows, and is told with its probability and version', async () => {
  const shown = []
  const page = openPage({ config: config({ holdout: 1 }) })
  await ready(page, { popup: (ctx) => shown.push(ctx) && (() => {}) })
  await page.leave()
  assert.deepEqual(await exposures(page), [{ campaign: 'exit-offer', arm: 'a', p: 9999, version: 3 }])
  assert.equal(shown.length, 1)
  assert.equal(shown[0].text({ en: 'Hi {name}', de: 'Hallo {name}' }, { name: 'Ada' }), 'Hi Ada')
  assert.equal(shown[0].text({ is: 'Hæ {x}' }), '')
  assert.equal(shown[0].money(1999), '€19.99')
  assert.equal(shown[0].edge, 'https://edge.example')
})

test('money is written by the shop’s exponent, with a cart and without', async () => {
  let context
  const page = openPage({ config: { ...config({}), currency: 'HUF', exponent: 2 } })
  await ready(page, {
    popup: (ctx) => {
      context = ctx
      return () => {}
    },
  })
  await page.leave()
  assert.match(context.money(199_950), /1,999\.50/)
  page.window.dataLayer.push({ event: 'view_cart', ecommerce: { items: [{ item_id: 'a', price: 7.5 }] } })
  assert.match(context.money(context.cart().total_minor), /7\.50/)
})

test('a widget that fails at a change of the cart costs neither the event nor the other widgets', async () => {
  const heard = []
  const page = openPage({ config: config({}) })
  await ready(page, {
    popup: (ctx) => {
      let isFirst = true
      ctx.onCart(() => {
        if (!isFirst) throw new Error('broken')
        isFirst = false
      })
      ctx.onCart((cart) => heard.push(cart?.total_minor))
      return () => {}
    },
  })
  await page.leave()
  page.window.dataLayer.push({ event: 'view_cart', ecommerce: { items: [{ item_id: 'a', price: 5 }] } })
  await page.advance(2000)
  assert.deepEqual(heard, [undefined, 500])
  assert.equal(page.events('cart_updated').length, 1)
})

test('the holdout sees nothing, is told at the same instant, and is limited alike', async () => {
  const shown = []
  const page = openPage({ config: config({ holdout: 10_000 }) })
  await ready(page, { popup: () => shown.push(1) })
  await page.leave()
  await page.advance(5000)
  await page.leave()
  assert.deepEqual(await exposures(page), [{ campaign: 'exit-offer', arm: 'holdout', p: 10_000, version: 3 }])
  assert.deepEqual(shown, [])
})

test('the merchant’s own visit says so and sees the variant', async () => {
  const page = openPage({ preview: true, config: config({ holdout: 10_000 }) })
  await ready(page)
  await page.leave()
  assert.equal((await exposures(page))[0].arm, 'a')
  assert.ok(page.batches().every(({ preview }) => preview === true))
})

test('one interruption a page view, the larger priority first, three a day', async () => {
  const campaigns = ['one', 'two', 'three', 'four', 'five'].map((id) => ({ id }))
  const page = openPage({ config: config(...campaigns) })
  await ready(page, { popup: closes })
  await page.leave()
  await page.advance(5000)
  await page.leave()
  assert.deepEqual(
    (await exposures(page)).map(({ campaign }) => campaign),
    ['one'],
  )
  for (const path of ['/b', '/c', '/d']) {
    page.window.history.pushState(null, '', path)
    await page.advance(60_000)
    await page.leave()
  }
  await page.advance(2000)
  assert.deepEqual(
    (await exposures(page)).map(({ campaign }) => campaign),
    ['one', 'two', 'three'],
  )
})

test('an open popup is not covered by another, even on the next page', async () => {
  const page = openPage({ config: config({ id: 'one' }, { id: 'two' }) })
  await ready(page)
  await page.leave()
  page.window.history.pushState(null, '', '/b')
  await page.advance(5000)
  await page.leave()
  assert.equal((await exposures(page)).length, 1)
})

test('accepted is told once and never shown again; closed after that is not dismissed', async () => {
  const store = {}
  const page = openPage({ store, config: config({ frequency: { max: 9, per_h: 0.001 } }) })
  await ready(page, {
    popup: (ctx) => {
      ctx.accepted()
      ctx.accepted()
      ctx.closed('close')
      return () => {}
    },
  })
  await page.leave()
  await page.advance(2000)
  assert.deepEqual(
    page.events('campaign_accepted').map(({ p }) => p),
    [{ campaign: 'exit-offer', arm: 'a' }],
  )
  assert.deepEqual(page.events('campaign_dismissed'), [])
  const next = openPage({ store, config: config({ frequency: { max: 9, per_h: 0.001 } }) })
  await ready(next)
  await next.advance(60_000)
  await next.leave()
  assert.deepEqual(await exposures(next), [])
})

const escapes = (ctx) => {
  ctx.closed('escape')
  return () => {}
}

test('closed says how', async () => {
  const page = openPage({ config: config({}) })
  await ready(page, { popup: escapes })
  await page.leave()
  await page.advance(2000)
  assert.deepEqual(
    page.events('campaign_dismissed').map(({ p }) => p),
    [{ campaign: 'exit-offer', arm: 'a', how: 'escape' }],
  )
})

test('a widget that throws harms neither the page nor the next campaign', async () => {
  const page = openPage({ config: config({ id: 'one' }, { id: 'two' }) })
  await ready(page, {
    popup: ({ campaign }) => {
      if (campaign.id === 'one') throw new Error('broken')
      return () => {}
    },
  })
  await page.leave()
  page.window.history.pushState(null, '', '/b')
  await page.advance(60_000)
  await page.leave()
  assert.equal((await exposures(page)).length, 2)
})

/** A checkout tweak, and who is on the page of it just now. */
const checkoutTweak = () => {
  const here = new Set()
  const tweak = {
    id: 'tidy',
    trigger: { on: 'checkout' },
    variants: [{ id: 'a', weight: 1, content: { widget: 'checkout' } }],
  }
  const widgets = { stage: ['/w/stage.js', 's'], checkout: ['/w/checkout.js', 'c'] }
  const mount = (ctx) => {
    here.add(ctx)
    return () => here.delete(ctx)
  }
  return { here, tweak, widgets, mount }
}

test('a checkout tweak comes at once on the checkout page, each time, and goes with it', async () => {
  const { here, tweak, widgets, mount } = checkoutTweak()
  const page = openPage({ path: '/checkout', config: { ...config(tweak), widgets } })
  await page.arrive({ checkout: mount })
  assert.equal(here.size, 1)
  await page.advance(5000)
  assert.equal(here.size, 1)
  page.window.history.pushState(null, '', '/thanks')
  await page.advance(2000)
  assert.equal(here.size, 0)
  page.window.history.pushState(null, '', '/checkout')
  await page.advance(2000)
  assert.equal(here.size, 1)
  assert.equal((await exposures(page)).length, 2)
})

test('on a thank-you page below the checkout its tweaks go, and come to no new one', async () => {
  const { here, tweak, widgets, mount } = checkoutTweak()
  const path = '/checkout/order-received/7'
  const page = openPage({ path, config: { ...config(tweak), widgets } })
  await page.arrive({ checkout: mount })
  assert.equal(here.size, 1) // nobody has said yet that this is one
  page.window.heimta('order', { order: '7' })
  assert.equal(here.size, 0)
  await page.advance(5000)
  assert.equal(here.size, 0)
  // The order is known before the stage comes, as in most shops.
  const early = openPage({ path, config: { ...config(tweak), widgets }, stub: [['order', { order: '8' }]] })
  await early.arrive({ checkout: mount })
  await early.advance(5000)
  assert.equal(here.size, 0)
  // Loaded again: no news, and no checkout either.
  const { store } = early
  const again = openPage({
    path,
    config: { ...config(tweak), widgets },
    store,
    stub: [['order', { order: '8' }]],
  })
  await again.arrive({ checkout: mount })
  await again.advance(5000)
  assert.deepEqual([again.events('order_completed'), here.size], [[], 0])
  // In the same document: another cart, and its checkout.
  early.window.history.pushState(null, '', '/checkout')
  await early.advance(2000)
  assert.equal(here.size, 1)
})

test('a campaign that is not for the checkout leaves out one whose address is in the query', async () => {
  const asks = config({ trigger: { on: 'after', after_s: 1 }, audience: { not_pages: ['checkout'] } })
  const setup = { ...asks, checkout: '^/index\\.php\\?route=checkout/checkout' }
  for (const [route, times] of [
    ['checkout/checkout', 0],
    ['checkout/cart', 1],
  ]) {
    const page = openPage({ path: `/index.php?route=${route}`, config: setup })
    await ready(page)
    assert.equal((await exposures(page)).length, times)
  }
})

test('who leaves a page on which an order was told is not asked why, also where it is loaded again', async () => {
  const setup = { path: '/thanks', config: config({}), stub: [['order', { order: '7' }]] }
  const page = openPage(setup)
  const again = openPage({ ...setup, store: page.store })
  for (const one of [page, again]) {
    await ready(one)
    await one.leave()
    assert.equal(one.events('exit_intended').length, 0)
    assert.deepEqual(await exposures(one), [])
    assert.equal(one.events('exit_intended').length, 1)
  }
  page.window.history.pushState(null, '', '/p/hat')
  await page.advance(5000)
  await page.leave()
  assert.equal((await exposures(page)).length, 1)
})

test('"after" waits for seconds that were seen, "engaged" for a person too', async () => {
  const late = { id: 'late', trigger: { on: 'after', after_s: 10 } }
  const page = openPage({ config: config(late) })
  await ready(page)
  page.hide()
  await page.advance(60_000)
  assert.deepEqual(await exposures(page), [])
  page.hide(false)
  await page.advance(7000)
  assert.equal((await exposures(page)).length, 1)
  const person = openPage({ config: config({ trigger: { on: 'engaged', after_s: 3 } }) })
  await ready(person)
  assert.deepEqual(await exposures(person), [])
  person.fire(person.document, 'keydown')
  assert.equal((await exposures(person)).length, 1)
})

test('nothing covers a field that is being typed in', async () => {
  const page = openPage({ config: config({}) })
  await ready(page)
  page.document.activeElement = { matches: () => true, value: 'ada@' }
  await page.leave()
  assert.deepEqual(await exposures(page), [])
  page.document.activeElement = { matches: () => true, value: '' }
  await page.advance(3000)
  await page.leave()
  assert.equal((await exposures(page)).length, 1)
})

test('withdrawal takes an open popup away', async () => {
  let isThere = false
  const page = openPage({ config: config({}) })
  await ready(page, {
    popup: () => {
      isThere = true
      return () => {
        isThere = false
      }
    },
  })
  await page.leave()
  assert.equal(isThere, true)
  page.window.heimta('consent', { analytics: false, marketing: false })
  assert.equal(isThere, false)
})

test('claims carry the visitor, and reject when the edge refuses', async () => {
  let context
  let status = 200
  let json = { code: 'HEIM7' }
  const page = openPage({ config: config({}), answer: () => ({ status, json }) })
  await ready(page, {
    popup: (ctx) => {
      context = ctx
      return () => {}
    },
  })
  await page.leave()
  assert.deepEqual(await context.post('claim', { campaign: 'exit-offer' }), { code: 'HEIM7' })
  const { url, body, init } = page.requests.at(-1)
  assert.deepEqual(
    [url, body.campaign, init.credentials],
    ['https://edge.example/s/demo/claim', 'exit-offer', 'omit'],
  )
  assert.match(body.vid, /^[\w-]{22}$/)
  assert.ok(init.signal instanceof AbortSignal, 'what hangs ends as what failed')
  await context.post('push', { subscription: { endpoint: 'x' } })
  await page.advance(1000)
  assert.equal(JSON.parse(page.store.heimta).push, true)
  status = 409
  json = { error: { code: 'limit', said: { en: 'You had it.' } } }
  await assert.rejects(context.post('claim', {}), { en: 'You had it.' })
  // without words for the shopper, or a proxy's
  for (json of [{ error: { code: 'unavailable' } }, { error: 'no' }, {}, null])
    await context.post('claim', {}).then(assert.fail, (no) => assert.equal(context.text(no), ''))
})
