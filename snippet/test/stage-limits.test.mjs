// What limits the stage besides a campaign's own conditions, and how all of it goes again.
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
const shows = async (page) => {
  await page.leave()
  return (await exposures(page)).length
}
const turn = (page, path) => page.window.history.pushState(null, '', path)

test('a minute between two, or as the shop has it; the holdout’s count alike', async () => {
  for (const [attention, holdout, wait, count] of [
    [undefined, 0, 50_000, 1],
    [undefined, 10_000, 50_000, 1],
    [undefined, 0, 70_000, 2],
    [{ per_day: 3, apart_s: 0 }, 0, 5000, 2],
    [{ per_day: 1, apart_s: 0 }, 0, 70_000, 1],
    [{ per_day: 1, apart_s: 0 }, 10_000, 70_000, 1],
  ]) {
    const page = openPage({
      config: { ...config({ id: 'one', holdout }, { id: 'two', holdout }), attention },
    })
    await ready(page, { popup: closes })
    await page.leave()
    turn(page, '/b')
    await page.advance(wait)
    assert.equal(await shows(page), count, JSON.stringify([attention, holdout, wait]))
  }
})

test('nothing interrupts in the first two seconds of a page view', async () => {
  const page = openPage({ config: config({ trigger: { on: 'after', after_s: 0 } }) })
  page.fire(page.document, 'pointerdown')
  await page.advance(1000)
  await page.arrive()
  await page.advance(500)
  assert.deepEqual(page.events('campaign_exposed'), [])
  await page.advance(1000)
  assert.equal((await exposures(page)).length, 1)
})

test('nothing covers an open dialog of the page', async () => {
  const page = openPage({ config: config({ trigger: { on: 'after', after_s: 6 } }) })
  await ready(page)
  const dialog = { getBoundingClientRect: () => ({ x: 0, y: 0, width: 9, height: 9 }), contains: () => true }
  page.document.elementFromPoint = () => dialog
  page.document.querySelectorAll = () => [dialog]
  await page.advance(5000)
  assert.deepEqual(page.events('campaign_exposed'), [])
  page.document.querySelectorAll = () => []
  assert.equal((await exposures(page)).length, 1)
})

test('a campaign waits for every file it takes; a widget gets its parts and its colours', async () => {
  const variants = [{ id: 'a', weight: 100, content: { widget: 'popup', with: ['reveal'] } }]
  const widgets = { stage: ['/w/stage.js', 's'], popup: ['/w/popup.js', 'p'], reveal: ['/w/reveal.js', 'r'] }
  const page = openPage({ config: { ...config({ variants, theme: '--a:#111' }), widgets } })
  let context
  await ready(page, {
    popup: (ctx) => {
      context = ctx
      return () => {}
    },
  })
  await page.leave()
  assert.equal(context.part('reveal') instanceof Function, true)
  assert.equal(context.part('other'), undefined)
  assert.equal(context.theme, '--a:#111')
  const waiting = openPage({ config: { ...config({ variants }), widgets } })
  await waiting.advance(2000)
  waiting.window.heimta('widget', 'popup', closes)
  await waiting.advance(2000)
  assert.equal(await shows(waiting), 0)
})

test('one call takes everything of ours away, until the next page', async () => {
  const here = new Set()
  const tweak = {
    id: 'tidy',
    trigger: { on: 'checkout' },
    variants: [{ id: 'a', weight: 1, content: { widget: 'checkout' } }],
  }
  const widgets = {
    stage: ['/w/stage.js', 's'],
    checkout: ['/w/checkout.js', 'c'],
    popup: ['/w/popup.js', 'p'],
  }
  const mount = (ctx) => {
    here.add(ctx)
    return () => here.delete(ctx)
  }
  const both = config(tweak, { trigger: { on: 'after', after_s: 3 } })
  const page = openPage({ path: '/checkout', config: { ...both, widgets } })
  await page.advance(1000)
  await page.arrive({ checkout: mount, popup: mount })
  await page.advance(4000)
  await page.arrive({ checkout: mount, popup: mount })
  await page.advance(4000)
  assert.equal(here.size, 2)
  page.window.heimta('remove')
  assert.equal(here.size, 0)
  await page.advance(5000)
  assert.equal(here.size, 0)
  turn(page, '/checkout/2')
  await page.advance(2000)
  assert.equal(here.size, 1)
})

test('a no is for good where the campaign says so; what was closed by accident is not a no', async () => {
  const frequency = { max: 9, per_h: 999, no: true }
  for (const [how, after, isNo] of [
    ['no', 3000, true],
    ['close', 3000, true],
    ['close', 1000, false],
    ['escape', 3000, false],
    ['back', 3000, false],
    ['outside', 3000, false],
  ]) {
    const page = openPage({ config: config({ frequency }) })
    await ready(page, { popup: (ctx) => page.clock.setTimeout(ctx.closed, after, how) && (() => {}) })
    await page.leave()
    await page.advance(5000)
    assert.equal(JSON.parse(page.store.heimta).seen['exit-offer'].includes(0), isNo, `${how} ${after}`)
  }
})

test('nothing interrupts on any page for an hour after one of our messages led there', async () => {
  const store = {}
  const landed = openPage({ path: '/cart?heimta_r=tok.en-1234567', config: config({}), store })
  await ready(landed)
  assert.equal(await shows(landed), 0)
  const next = openPage({ path: '/p/hat', config: config({}), store })
  await ready(next)
  assert.equal(await shows(next), 0)
  await next.advance(57 * 60_000)
  assert.equal(await shows(next), 0)
  turn(next, '/p/cap')
  await next.advance(5 * 60_000)
  await ready(next)
  assert.equal(await shows(next), 1)
})

test('a page that has taken the browser’s own record of addresses away costs nothing', async () => {
  const page = openPage({ config: config({}) })
  page.window.performance = undefined
  await ready(page)
  assert.equal(await shows(page), 1)
})
