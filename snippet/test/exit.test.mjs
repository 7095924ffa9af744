// Signs of leaving by mouse and keys, what looks like one, and what followed. Hundreds more: loadtest/exit.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage } from './page.mjs'

const mouse = async (act, { wait = 4000, after = 7000, ...options } = {}) => {
  const page = openPage(options)
  await page.advance(wait)
  await act(page)
  await page.advance(after)
  return page.events('exit_intended').map(({ p }) => p)
}
/** A point for each frame of 16 ms, then out at the last one. */
const path = (points, out) => async (page) => {
  for (const [x, y] of points) {
    page.move(x, y)
    await page.advance(16)
  }
  page.out(...(out || points.at(-1)))
}
const column = (ys, x = 600) => ys.map((y) => [x, y])
const UP = path(column([80, 55, 30, 10]), [601, -3])
const element = (kinds) => ({ matches: (wanted) => kinds.some((kind) => wanted.includes(kind)) })
/** An event whose target is the element that has the focus. */
const at = (page, type, props = {}) => {
  const event = Object.assign(new Event(type), props)
  Object.defineProperty(event, 'target', { value: page.document.activeElement })
  page.document.dispatchEvent(event)
}
const focus = (page, kinds) => {
  page.document.activeElement = element(kinds)
  at(page, 'pointerdown')
}

test('out through the top, and half a second there, is an exit with a high score', async () => {
  assert.deepEqual(await mouse(UP), [{ device: 'pointer', kind: 'pointer', score: 1 }])
})

test('it is told while the pointer is still on its way to the close button', async () => {
  const page = openPage()
  await page.advance(4000)
  await UP(page)
  await page.advance(470)
  page.hide()
  await page.advance(0)
  assert.equal(page.events('exit_intended').length, 1)
})

for (const [name, way, ms] of [
  ['a crawl', column([10, 9, 8, 7, 6]), 700],
  [
    'a slant',
    [
      [300, 30],
      [360, 20],
      [420, 10],
    ],
    600,
  ],
  ['a shot past all that is up there, to another screen', column([300, 200, 100]), 6000],
])
  test(`${name} must stay away for longer, and scores less`, async () => {
    for (const [away, told] of [
      [ms, 0],
      [9000, 1],
    ]) {
      const page = openPage()
      await page.advance(4000)
      await path(way, [way.at(-1)[0], -1])(page)
      await page.advance(away)
      page.hide()
      await page.advance(0)
      const exits = page.events('exit_intended').map(({ p }) => p.score)
      assert.equal(exits.length, told)
      assert.ok(exits.every((score) => score >= 0.5 && score < 0.95))
    }
  })

for (const [name, act, options] of [
  [
    'out and back within the time',
    async (page) => {
      await UP(page)
      await page.advance(400)
      page.move(604, 40)
    },
  ],
  ['in the first seconds', UP, { wait: 2000 }],
  [
    'out through the side',
    path(
      [1240, 1260, 1275].map((x) => [x, 300]),
      [1281, 290],
    ),
  ],
  ['out through the bottom', path(column([700, 750, 790]), [600, 801])],
  ['up along the scrollbar', path(column([80, 55, 30, 10], 1270), [1270, -3])],
  ['to the back button, within the shop', path(column([80, 55, 30, 10], 40), [38, -3])],
  [
    'onto another element or an iframe',
    async (page) => {
      await path(column([80, 50]))(page)
      page.out(604, -3, { relatedTarget: {} })
    },
  ],
  [
    'a list over the page: no moves reach the page before it is left',
    async (page) => {
      await path(column([80, 50]), [600, 200])(page)
      await page.advance(800)
      page.out(604, -3)
    },
  ],
  ['entered from above by a pointer that was never in it', async (page) => page.out(604, -3)],
  [
    'a drag, or a selection of text',
    async (page) => {
      await path(column([80, 50]))(page)
      page.out(604, -3, { buttons: 1 })
    },
  ],
  [
    'a click on a link or the cart just before',
    async (page) => {
      page.fire(page.document, 'click')
      await page.advance(1500)
      await UP(page)
    },
  ],
  [
    'a context menu just before',
    async (page) => {
      page.fire(page.document, 'contextmenu')
      await page.advance(1500)
      await UP(page)
    },
  ],
  [
    'fullscreen',
    async (page) => {
      page.document.fullscreenElement = {}
      await UP(page)
    },
  ],
  [
    'a field that was clicked into: the list of earlier entries may be open',
    async (page) => {
      focus(page, [':read-write'])
      await UP(page)
    },
  ],
  [
    'a select that was clicked',
    async (page) => {
      focus(page, ['select'])
      await UP(page)
    },
  ],
  [
    'another dialog',
    async (page) => {
      const dialog = {
        getBoundingClientRect: () => ({ x: 0, y: 0, width: 9, height: 9 }),
        contains: (other) => other === dialog,
      }
      page.document.querySelectorAll = () => [dialog]
      page.document.elementFromPoint = () => dialog
      await UP(page)
    },
  ],
  [
    'the page is hidden before the time is over',
    async (page) => {
      await UP(page)
      page.hide()
    },
  ],
])
  test(`no exit: ${name}`, async () => assert.deepEqual(await mouse(act, options), []))

for (const [name, act, options] of [
  [
    'a field that the page itself has focused',
    async (page) => {
      page.document.activeElement = element([':read-write'])
      await UP(page)
    },
  ],
  [
    'a select that was chosen from',
    async (page) => {
      focus(page, ['select'])
      at(page, 'change')
      await UP(page)
    },
  ],
  [
    'a dialog that lies hidden in the page',
    async (page) => {
      page.document.querySelectorAll = () => [
        { getBoundingClientRect: () => ({ x: 0, y: 0, width: 0, height: 0 }), contains: () => false },
      ]
      page.document.elementFromPoint = () => null
      await UP(page)
    },
  ],
  [
    'to the back button, on the first page',
    path(column([80, 55, 30, 10], 40), [38, -3]),
    { referrer: 'https://search.example/' },
  ],
])
  test(`an exit in spite of ${name}`, async () => assert.equal((await mouse(act, options)).length, 1))

for (const [name, keys, hasFocus, told] of [
  ['Ctrl+L, and the address has the focus', { key: 'l', ctrlKey: true }, false, 1],
  ['Alt+D, and the address has the focus', { key: 'd', altKey: true }, false, 1],
  ['Ctrl+L, and back in the page', { key: 'l', ctrlKey: true }, true, 0],
  ['a letter', { key: 'l' }, false, 0],
])
  test(`keys: ${name}`, async () => {
    const exits = await mouse(async (page) => {
      page.document.hasFocus = () => hasFocus
      page.fire(page.document, 'keydown', keys)
    })
    assert.equal(exits.filter(({ kind }) => kind === 'keys').length, told)
  })

test('one exit in two seconds', async () => {
  const exits = await mouse(async (page) => {
    await page.leave()
    await page.leave()
    await page.advance(2500)
    await page.leave()
  })
  assert.equal(exits.length, 2)
})

for (const [name, act, left, after] of [
  ['a move in the page: stayed', async (page) => page.move(600, 50), false, 1000],
  ['a key: stayed', async (page) => page.fire(page.document, 'keydown', { key: 'a' }), false, 1000],
  ['the page is left', async (page) => page.fire(page.window, 'pagehide'), true, 1000],
  ['the page is hidden: left', async (page) => page.hide(), true, 1000],
  ['nobody touches it: left', async () => {}, true, 10_000],
])
  test(`what followed, ${name}`, async () => {
    const page = openPage()
    await page.advance(4000)
    await UP(page)
    await page.advance(460 + after)
    await act(page)
    await page.advance(12_000)
    const [followed, ...more] = page.events('exit_followed').map(({ p }) => p)
    assert.deepEqual(more, [])
    assert.deepEqual(followed, { kind: 'pointer', score: 1, shown: false, left, after_ms: after })
  })

test('what followed is told once, whatever comes later', async () => {
  const page = openPage()
  await page.advance(4000)
  await UP(page)
  await page.advance(1000)
  page.move(600, 50)
  page.hide()
  await page.advance(12_000)
  assert.deepEqual(
    page.events('exit_followed').map(({ p }) => p.left),
    [false],
  )
})
