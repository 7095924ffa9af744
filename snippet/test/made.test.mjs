// What may interrupt is made while there is time, and at its moment only opened.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONFIG, openPage, POPUP } from './page.mjs'

const TWEAK = {
  id: 'tidy',
  trigger: { on: 'checkout' },
  variants: [{ id: 'a', weight: 1, content: { widget: 'checkout' } }],
}
const WIDGETS = CONFIG.widgets
const config = (...campaigns) => ({ campaigns: campaigns.map((campaign) => ({ ...POPUP, ...campaign })) })

/** Who keeps a diary of one page: what is made, opened and removed, by campaign. */
const diary = () => {
  const said = []
  const mount = (ctx) => {
    said.push(`made ${ctx.campaign.id}`)
    return {
      open: () => {
        said.push(`opened ${ctx.campaign.id}`)
        diary.last = ctx
      },
      remove: () => said.push(`removed ${ctx.campaign.id}`),
    }
  }
  return [said, mount]
}
const ready = async (page, mounts) => {
  await page.advance(2000)
  await page.arrive(mounts, (mount) => mount)
  await page.advance(2000)
}

test('it is made before its moment, once, and opened at it', async () => {
  const [said, popup] = diary()
  const page = openPage({ config: config({}) })
  await ready(page, { popup })
  await page.advance(20_000)
  assert.deepEqual(said, ['made exit-offer'])
  assert.deepEqual(page.events('campaign_exposed'), [])
  await page.leave()
  assert.deepEqual(said, ['made exit-offer', 'opened exit-offer'])
})

test('closed, it is made anew for the next time', async () => {
  const [said, popup] = diary()
  const page = openPage({ config: config({ frequency: { max: 9, per_h: 1 } }) })
  await ready(page, { popup })
  await page.leave()
  diary.last.closed('escape')
  page.window.history.pushState(null, '', '/b')
  await page.advance(90_000)
  assert.deepEqual(said, ['made exit-offer', 'opened exit-offer', 'made exit-offer'])
  await page.leave()
  assert.deepEqual(said.slice(3), ['opened exit-offer'])
})

test('how soon it was closed is counted from its opening', async () => {
  const [, popup] = diary()
  const page = openPage({ config: config({ frequency: { max: 9, per_h: 1, no: true } }) })
  await ready(page, { popup })
  await page.advance(20_000)
  await page.leave()
  diary.last.closed('no') // under the finger before it came
  await page.advance(2000)
  assert.equal(JSON.parse(page.store.heimta).seen['exit-offer'].length, 1)
})

test('nothing is made for who is held out, and for whom it is not', async () => {
  for (const campaign of [{ holdout: 10_000 }, { audience: { min_cart_minor: 1 } }]) {
    const [said, popup] = diary()
    const page = openPage({ config: config(campaign) })
    await ready(page, { popup })
    await page.advance(10_000)
    assert.deepEqual(said, [], JSON.stringify(campaign))
  }
})

test('what does not interrupt is made where it belongs, and not before', async () => {
  const [said, checkout] = diary()
  const widgets = { ...WIDGETS, checkout: ['/w/checkout.js', 'sha384-c'] }
  const page = openPage({ config: { ...config(TWEAK), widgets } })
  await ready(page, { checkout })
  await page.arrive({ checkout }, (mount) => mount)
  await page.advance(10_000)
  let why
  page.window.heimta('plugin', (core) => {
    why = core.why(core.config.campaigns[0])
  })
  assert.deepEqual([why, said], ['trigger', []])
  page.window.history.pushState(null, '', '/checkout')
  await page.advance(2000)
  assert.deepEqual(said, ['made tidy', 'opened tidy'])
})

test('several that wait are all made; one shows, and the others are there for the next page', async () => {
  const [said, popup] = diary()
  const page = openPage({ config: config({ id: 'one' }, { id: 'two' }) })
  await ready(page, { popup })
  assert.deepEqual(said.sort(), ['made one', 'made two'])
  await page.leave()
  assert.deepEqual(said.slice(2), ['opened one'])
  diary.last.closed('escape')
  page.window.history.pushState(null, '', '/b')
  await page.advance(90_000)
  await page.leave()
  assert.deepEqual(said.slice(3), ['opened two'])
})

test('what the browser finds time for after the moment makes no second one', async () => {
  const [said, popup] = diary()
  const page = openPage({ config: config({}) })
  const works = []
  await page.advance(2000)
  page.window.requestIdleCallback = (run, options) => {
    if (options) page.clock.setTimeout(run, 0)
    else works.push(run)
  }
  await page.arrive({ popup }, (mount) => mount)
  await page.advance(8000)
  assert.ok(works.length > 2)
  await page.leave()
  for (const work of works) work()
  assert.deepEqual(said, ['made exit-offer', 'opened exit-offer'])
})

test('one call takes what waits away, for as long as this page is looked at', async () => {
  const [said, popup] = diary()
  const page = openPage({ config: config({}) })
  await ready(page, { popup })
  page.window.heimta('remove')
  await page.advance(20_000)
  await page.leave()
  assert.deepEqual(said, ['made exit-offer', 'removed exit-offer'])
  page.window.history.pushState(null, '', '/b')
  await page.advance(5000)
  await page.leave()
  assert.deepEqual(said.slice(2), ['made exit-offer', 'opened exit-offer'])
})

test('one that cannot be made is tried once, and once more at its moment', async () => {
  let tries = 0
  const page = openPage({ config: config({}) })
  await ready(page, {
    popup: () => {
      tries++
      throw new Error('not made')
    },
  })
  await page.advance(60_000)
  assert.equal(tries, 1)
  await page.leave()
  assert.equal(tries, 2)
})

test('who has become another visitor is shown what they are dealt, whatever was made before', async () => {
  const [said, popup] = diary()
  const page = openPage({ config: config({ holdout: 5000 }) })
  let core
  page.window.heimta('plugin', (lent) => {
    core = lent
  })
  const become = (isHeldOut) => {
    for (let n = 0; ; n++) {
      core.visitor().vid = `${n}`.padStart(22, 'x')
      const [arm] = core.why({ ...core.config.campaigns[0], trigger: { on: 'after' } })
      if ((arm === -1) === isHeldOut) return
    }
  }
  await ready(page, { popup })
  become(false)
  await page.advance(2000)
  assert.ok(said.includes('made exit-offer'))
  become(true)
  await page.leave()
  await page.advance(2000)
  assert.deepEqual(
    page.events('campaign_exposed').map(({ p }) => p.arm),
    ['holdout'],
  )
  assert.ok(!said.includes('opened exit-offer'))
})

test('what was made and never opened goes with the consent, and is not made again', async () => {
  const [said, popup] = diary()
  const page = openPage({ config: config({}) })
  await ready(page, { popup })
  page.window.heimta('consent', { analytics: false, marketing: false })
  await page.advance(20_000)
  assert.deepEqual(said, ['made exit-offer', 'removed exit-offer'])
})

test('a consent that is withdrawn before the browser has time leaves nothing made', async () => {
  const [said, popup] = diary()
  let work
  const page = openPage({ config: config({}) })
  await page.advance(2000)
  page.window.requestIdleCallback = (run, options) => {
    if (options) page.clock.setTimeout(run, 0)
    else work = run
  }
  await page.arrive({ popup }, (mount) => mount)
  await page.advance(2000)
  page.window.heimta('consent', { analytics: false, marketing: false })
  work()
  assert.deepEqual(said, [])
})

test('on a page that never has time it is made at its moment', async () => {
  const [said, popup] = diary()
  const page = openPage({ config: config({}) })
  await page.advance(2000)
  page.window.requestIdleCallback = (run, options) => options && page.clock.setTimeout(run, options.timeout)
  await page.arrive({ popup }, (mount) => mount)
  await page.advance(5000)
  await page.arrive({ popup }, (mount) => mount)
  assert.deepEqual(said, [])
  await page.leave()
  assert.deepEqual(said, ['made exit-offer', 'opened exit-offer'])
})

test('one that cannot be made or opened harms neither the page nor the next campaign', async () => {
  for (const broken of [
    () => {
      throw new Error('not made')
    },
    () => ({
      open: () => {
        throw new Error('not opened')
      },
      remove: () => {},
    }),
  ]) {
    const [said, whole] = diary()
    const page = openPage({ config: config({ id: 'one' }, { id: 'two' }) })
    await ready(page, { popup: (ctx) => (ctx.campaign.id === 'one' ? broken : whole)(ctx) })
    await page.leave()
    page.window.history.pushState(null, '', '/b')
    await page.advance(90_000)
    await page.leave()
    assert.deepEqual(said.slice(-1), ['opened two'])
  }
})

test('an offer goes with the order, and what waits for the order comes', async () => {
  const [said, popup] = diary()
  const ask = { id: 'ask', trigger: { on: 'after', after_s: 90 } }
  const page = openPage({ config: config({}, ask) })
  await ready(page, { popup })
  await page.leave()
  page.window.heimta('order', { order: '7' })
  assert.deepEqual(said, ['made exit-offer', 'made ask', 'opened exit-offer', 'removed exit-offer'])
  page.window.history.pushState(null, '', '/thanks')
  await page.advance(92_000)
  assert.deepEqual(said.slice(-1), ['opened ask'])
})

test('where the page has put another body in place of its own, the next one comes', async () => {
  const [said, popup] = diary()
  const page = openPage({ config: config({ id: 'one' }, { id: 'two' }) })
  await ready(page, { popup })
  await page.leave()
  assert.deepEqual(said.slice(-1), ['opened one'])
  page.window.history.pushState(null, '', '/b')
  await page.advance(90_000)
  await page.leave()
  assert.deepEqual(said.slice(-1), ['opened one'])
  page.document.body = undefined
  await page.advance(1000)
  assert.deepEqual(said.slice(-1), ['removed one'])
  await page.advance(3000)
  await page.leave()
  assert.deepEqual(said.slice(-1), ['opened two'])
})
