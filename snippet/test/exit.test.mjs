// Traces of leaving, and of what only looks like it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage } from './page.mjs'

const mouse = async (act, { wait = 4000 } = {}) => {
  const page = openPage()
  await page.advance(wait)
  await act(page)
  await page.advance(3000)
  return page.events('exit_intended').map(({ p }) => p)
}
/** y for each frame of 16 ms, then out at the last point */
const path = (points, out) => async (page) => {
  for (const [x, y] of points) {
    page.move(x, y)
    await page.advance(16)
  }
  page.out(...(out || points.at(-1)))
}
const UP = [
  [600, 300],
  [602, 200],
  [604, 100],
]

test('a quick straight way up and out is an exit with a high score', async () => {
  const [exit, ...more] = await mouse(path(UP, [605, -3]))
  assert.deepEqual(more, [])
  assert.equal(exit.device, 'pointer')
  assert.ok(exit.score > 0.9 && exit.score <= 1, `${exit.score}`)
})

test('a slower way scores less', async () => {
  const [exit] = await mouse(
    path(
      [
        [600, 50],
        [600, 40],
        [600, 30],
        [600, 20],
        [600, 10],
      ],
      [600, 0],
    ),
  )
  assert.ok(exit.score > 0.1 && exit.score < 0.6, `${exit.score}`)
})

for (const [name, act, options] of [
  [
    'out and back within the grace time',
    async (page) => {
      await path(UP, [604, -3])(page)
      await page.advance(100)
      page.move(604, 40)
    },
  ],
  ['in the first seconds', path(UP, [604, -3]), { wait: 2000 }],
  [
    'a drift along the edge',
    path(
      [
        [100, 9],
        [180, 7],
        [260, 5],
      ],
      [340, -1],
    ),
  ],
  [
    'a crawl',
    path(
      [
        [600, 20],
        [600, 19],
        [600, 18],
      ],
      [600, 17],
    ),
  ],
  [
    'out through the side',
    path(
      [
        [1000, 300],
        [1100, 290],
        [1200, 280],
      ],
      [1281, 270],
    ),
  ],
  [
    'out through the bottom',
    path(
      [
        [600, 600],
        [600, 700],
        [600, 790],
      ],
      [600, 801],
    ),
  ],
  [
    'onto another element or an iframe',
    async (page) => {
      await path(UP.slice(0, 2))(page)
      page.out(604, -3, { relatedTarget: {} })
    },
  ],
  [
    'an open select or autocomplete list: no moves reach the page before it is left',
    async (page) => {
      await path(UP.slice(0, 2), [600, 200])(page)
      await page.advance(800)
      page.out(604, -3)
    },
  ],
  ['a page entered from above by a pointer that was never in it', async (page) => page.out(604, -3)],
  [
    'a drag, or a selection of text',
    async (page) => {
      await path(UP.slice(0, 2))(page)
      page.out(604, -3, { buttons: 1 })
    },
  ],
  [
    'a click on a link or the cart just before',
    async (page) => {
      page.fire(page.document, 'click')
      await path(UP, [604, -3])(page)
    },
  ],
  [
    'fullscreen',
    async (page) => {
      page.document.fullscreenElement = {}
      await path(UP, [604, -3])(page)
    },
  ],
])
  test(`no exit: ${name}`, async () => assert.deepEqual(await mouse(act, options), []))

test('one exit in two seconds', async () => {
  const exits = await mouse(async (page) => {
    await page.leave()
    await page.leave()
    await page.advance(2500)
    await page.leave()
  })
  assert.equal(exits.length, 2)
})

const scroll = async (page, ys, ms = 16) => {
  for (const y of ys) {
    page.window.scrollY = y
    page.fire(page.document, 'scroll')
    await page.advance(ms)
  }
}
const DOWN = [0, 200, 400, 600, 800, 1000, 1200]
const FLING = [1200, 1150, 1100, 1050, 1000, 950, 900, 850, 800, 750, 700]

const finger = async (act, options = {}) => {
  const page = openPage({ device: 'touch', ...options })
  await page.advance(4000)
  await act(page)
  await page.advance(3000)
  return page.events('exit_intended').map(({ p }) => p)
}
const fling = async (page) => {
  await scroll(page, DOWN, 100)
  page.fire(page.document, 'touchmove')
  await scroll(page, FLING)
}

test('a hard fling back up after reading down is an exit', async () => {
  const [exit, ...more] = await finger(fling)
  assert.deepEqual(more, [])
  assert.equal(exit.device, 'touch')
  assert.ok(exit.score > 0.3 && exit.score < 1)
})

test('a return after more than 8 seconds elsewhere is an exit', async () => {
  const exits = await finger(async (page) => {
    page.hide()
    await page.advance(9000)
    page.hide(false)
  })
  assert.deepEqual(exits, [{ device: 'touch', score: 0.6 }])
})

for (const [name, act, options] of [
  [
    'a slow scroll back',
    async (page) => {
      await scroll(page, DOWN, 100)
      page.fire(page.document, 'touchmove')
      await scroll(
        page,
        [...FLING].map((y) => y / 3 + 800),
        40,
      )
    },
  ],
  [
    'a fling near the top',
    async (page) => {
      await scroll(page, [0, 100, 200, 300, 400], 100)
      page.fire(page.document, 'touchmove')
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
    '"back to top", just tapped',
    async (page) => {
      await scroll(page, DOWN, 100)
      page.fire(page.document, 'touchmove')
      page.fire(page.document, 'click')
      await scroll(page, FLING)
    },
  ],
  [
    'the address bar changes the height',
    async (page) => {
      await scroll(page, DOWN, 100)
      page.fire(page.document, 'touchmove')
      for (const [i, y] of FLING.entries()) {
        page.window.innerHeight = 800 + (i % 2) * 60
        await scroll(page, [y])
      }
    },
  ],
  [
    'a glance at another app',
    async (page) => {
      page.hide()
      await page.advance(3000)
      page.hide(false)
    },
  ],
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
