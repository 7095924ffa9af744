// Replays traces, a line of JSON each on stdin, against the shipped snippet and against three one-line detectors as
// popular tools have them, in a page without a browser whose clock is ours (snippet/test/page.mjs). Prints a line a
// trace: for each detector the ms at which it fired, and for ours the kinds and scores.
import { createInterface } from 'node:readline'
import { openPage } from '../../snippet/test/page.mjs'

// In our own words, after their source: what each listens to, and when it fires. Each once a page.
const PEERS = {
  // html mouseleave, near the top
  ouibounce: (y) => y <= 20,
  // body mouseleave, at or beyond the top
  formbricks: (y) => y <= 0,
  // html mouseleave, wherever
  mautic: () => true,
}

const ELEMENTS = {
  a: { closest: (wanted) => (wanted === 'a' ? {} : null), matches: () => false },
  button: { closest: () => null, matches: () => false },
  img: { closest: () => null, matches: () => false },
  input: { closest: () => null, matches: (wanted) => wanted.includes(':read-write') },
  select: { closest: () => null, matches: (wanted) => wanted.includes('select') },
}
const DIALOG = {
  getBoundingClientRect: () => ({ x: 100, y: 100, width: 600, height: 400 }),
  contains: (other) => other === DIALOG,
}
const CART = { id: 'c'.repeat(11), currency: 'EUR', exponent: 2, total_minor: 4500, lines: [{ sku: 'hat', qty: 1 }] }

const open = (trace, store) => {
  const page = openPage({
    adapter: 'api',
    device: trace.device,
    referrer: trace.landing ? 'https://search.example/' : 'https://shop.example/',
    path: '/p/hat',
    store,
  })
  const dialogs = []
  let hasFocus = true
  const body = { matches: () => false }
  Object.assign(page.document, {
    body,
    activeElement: body,
    hasFocus: () => hasFocus,
    querySelectorAll: () => dialogs,
    elementFromPoint: () => dialogs[0],
  })
  return {
    page,
    dialogs,
    focus: (is) => {
      hasFocus = is
    },
  }
}

const fire = (page, type, target, props = {}) => {
  const event = Object.assign(new Event(type), props)
  Object.defineProperty(event, 'target', { value: target })
  page.document.dispatchEvent(event)
}

const act = {
  move: ({ page, focus }, x, y) => {
    focus(true)
    page.move(x, y)
  },
  out: ({ page }, x, y, buttons) => page.out(x, y, { buttons }),
  down: ({ page, focus }, what) => {
    focus(true)
    fire(page, 'pointerdown', ELEMENTS[what])
  },
  click: ({ page }, what) => fire(page, 'click', ELEMENTS[what]),
  menu: ({ page }) => fire(page, 'contextmenu', ELEMENTS.img),
  focus: ({ page }, what) => {
    page.document.activeElement = ELEMENTS[what]
  },
  change: ({ page }) => fire(page, 'change', page.document.activeElement),
  key: ({ page }, mod, key) =>
    fire(page, 'keydown', page.document.activeElement, {
      key,
      altKey: mod === 'alt',
      ctrlKey: mod === 'ctrl',
      metaKey: mod === 'meta',
    }),
  dialog: ({ dialogs }, how) => {
    dialogs.length = 0
    if (how === 'open') dialogs.push(DIALOG)
  },
  blur: ({ page, focus }) => {
    focus(false)
    page.fire(page.window, 'blur')
  },
  scroll: ({ page }, y) => {
    page.window.scrollY = y
    page.fire(page.document, 'scroll')
  },
  touch: ({ page }, type) => page.fire(page.document, `touch${type}`),
  size: ({ page }, height) => {
    page.window.innerHeight = height
    page.fire(page.window, 'resize')
  },
  hide: ({ page }) => page.hide(),
  show: ({ page, focus }) => {
    focus(true)
    page.hide(false)
  },
  restore: ({ page, store }, where) => {
    // Another page of the shop has told of itself meanwhile; another site has not.
    if (where === 'shop') store.heimta = JSON.stringify({ ...JSON.parse(store.heimta), last: page.clock.now() - 2000 })
    page.fire(page.window, 'pageshow', { persisted: true })
  },
}

const replay = async (trace) => {
  const fired = { ours: [], ouibounce: [], formbricks: [], mautic: [] }
  const store = trace.cart ? { heimta: JSON.stringify({ last: 0, visits: 1, seen: {}, cart: CART }) } : {}
  let begin = 0
  let at = 0
  let spent = new Set()
  let visit = { ...open(trace, store), store }
  const collect = () => {
    for (const { at: ms, p } of visit.page.events('exit_intended'))
      fired.ours.push({ at: Math.round(ms - visit.page.begun + begin), kind: p.kind, score: p.score })
  }
  visit.page.begun = visit.page.clock.now()
  for (const [ms, kind, ...more] of trace.ev) {
    // What happens at once happens in one task: no timer runs between.
    if (ms > at) await visit.page.advance(ms - at)
    at = ms
    if (kind === 'out')
      for (const [name, wants] of Object.entries(PEERS))
        if (wants(more[1]) && !spent.has(name)) {
          spent.add(name)
          fired[name].push({ at: ms })
        }
    if (kind === 'gone' || kind === 'reload') {
      visit.page.hide()
      visit.page.fire(visit.page.window, 'pagehide')
      await visit.page.advance(0)
      collect()
      if (kind === 'gone') return fired
      spent = new Set()
      begin = ms
      visit = { ...open(trace, store), store }
      visit.page.begun = visit.page.clock.now()
    } else act[kind](visit, ...more)
  }
  await visit.page.advance(2000)
  collect()
  return fired
}

for await (const line of createInterface({ input: process.stdin })) {
  const trace = JSON.parse(line)
  console.log(JSON.stringify(await replay(trace)))
}
