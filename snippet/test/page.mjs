// A page without a browser, with a clock of its own, that runs the built (minified) snippet: what ships is what is tested.

import { webcrypto } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import vm from 'node:vm'

const dist = new URL('../../static/dist/', import.meta.url)
if (!existsSync(new URL('manifest.json', dist)))
  throw new Error('no static/dist/manifest.json: run `npm run build`')
const { files } = JSON.parse(readFileSync(new URL('manifest.json', dist), 'utf8'))
export const built = (name) => readFileSync(new URL(files[name].file, dist), 'utf8')

export const NOW = 1_763_760_000_000

export const CONFIG = {
  shop: 'demo',
  rev: '1',
  consent: 'implied',
  languages: ['en', 'de'],
  currency: 'EUR',
  exponent: 2,
  urls: { cart: '/cart', checkout: '/checkout', restore: '/cart/{lines}', apply: '/discount/{code}' },
  checkout: '^/checkout(?![\\w-])',
  theme: '',
  widgets: { stage: ['/w/stage.js', 'sha384-s'], popup: ['/w/popup.js', 'sha384-p'] },
  campaigns: [],
}

export const POPUP = {
  id: 'exit-offer',
  salt: 'exit-offer',
  version: 3,
  trigger: { on: 'exit', after_s: 0 },
  audience: {},
  frequency: { max: 1, per_h: 24 },
  priority: 100,
  holdout: 0,
  variants: [
    { id: 'a', weight: 100, content: { widget: 'popup', title: { en: 'Hi {name}', de: 'Hallo {name}' } } },
  ],
}

/** As gtag pushes them: not an array. */
export function argumentsOf() {
  // biome-ignore lint/complexity/noArguments: just that object is wanted
  return arguments
}

const createClock = () => {
  let now = NOW
  let next = 1
  const jobs = new Map()
  const add = (run, ms = 0, every = 0, args = []) => {
    jobs.set(next, { at: now + Math.max(0, ms), run: () => run(...args), every })
    return next++
  }
  const settle = () => new Promise((done) => setImmediate(() => setImmediate(done)))
  return {
    now: () => now,
    set: (ms) => {
      now = ms
    },
    setTimeout: (run, ms, ...args) => add(run, ms, 0, args),
    setInterval: (run, ms, ...args) => add(run, ms, ms, args),
    clear: (id) => {
      jobs.delete(id)
    },
    /** what was put off without a wait */
    due: () => {
      for (const [id, { at, run }] of [...jobs]) if (at <= now && jobs.delete(id)) run()
    },
    advance: async (ms) => {
      const end = now + ms
      await settle()
      for (;;) {
        const [first] = [...jobs]
          .filter(([, job]) => job.at <= end)
          .sort((a, b) => a[1].at - b[1].at || a[0] - b[0])
        if (!first) break
        const [id, job] = first
        now = job.at
        if (job.every) job.at += job.every
        else jobs.delete(id)
        job.run()
        await settle()
      }
      now = end
    },
  }
}

/** answer: (body, url) -> {status, headers}, or a throw. device: 'pointer' | 'touch'. */
export const openPage = ({
  config = {},
  path = '/p/hat?size=m',
  adapter = 'datalayer',
  dataLayer,
  stub,
  store = {},
  cookies = {},
  gpc = false,
  device = 'pointer',
  preview = false,
  lang = 'en',
  referrer = '',
  answer = () => ({ status: 200 }),
  run = true,
  prerendering = false,
  serviceWorker,
} = {}) => {
  const clock = createClock()
  const requests = []
  const scripts = []
  const errors = []
  const url = new URL(path, 'https://shop.example')
  const window = new EventTarget()
  const document = new EventTarget()
  const location = {
    get pathname() {
      return url.pathname
    },
    get search() {
      return url.search
    },
    get href() {
      return url.href
    },
    origin: url.origin,
    protocol: url.protocol,
  }
  const go = (to) => {
    url.href = new URL(to, url).href
  }
  const tag = {
    src: 'https://edge.example/s/demo.js',
    nonce: 'n0',
    hasAttribute: (name) => preview && name === 'data-heimta-preview',
  }
  Object.defineProperty(document, 'cookie', {
    get: () =>
      Object.entries(cookies)
        .map((pair) => pair.join('='))
        .join('; '),
    set: (line) => {
      const [, name, value, age] = /^(\w+)=([^;]*);.*max-age=(\d+)/.exec(line)
      if (age === '0') delete cookies[name]
      else cookies[name] = value
    },
  })
  Object.assign(document, {
    currentScript: tag,
    documentElement: { lang },
    referrer,
    hidden: false,
    activeElement: null,
    hasFocus: () => true,
    // No dialog of the page's. What a widget in here has opened stands on it for as long as a test lets it.
    querySelector: (css) => (/heimta-widget/.test(css) ? document.body : null),
    body: {},
    querySelectorAll: () => [],
    prerendering,
    createElement: () => ({}),
    // What consent takes comes by itself; the other files when a test lets them arrive.
    head: {
      append: (script) => {
        const [, own] = /\/(banner|unsubscribe)\./.exec(script.src) || []
        if (own) vm.runInContext(built(own), window)
        else scripts.push(script)
      },
    },
  })
  const request = async (to, init) => {
    const body = JSON.parse(init.body)
    requests.push({ url: to, init, body, at: clock.now() })
    const { status, headers = {}, json = {} } = await answer(body, to)
    return { status, ok: status < 300, headers: new Headers(headers), json: async () => json }
  }
  Object.assign(window, {
    addEventListener: (...listener) => EventTarget.prototype.addEventListener.apply(window, listener),
    window,
    document,
    location,
    innerWidth: 1280,
    innerHeight: 800,
    scrollY: 0,
    Intl,
    URL,
    URLSearchParams,
    TextEncoder,
    AbortSignal,
    btoa,
    EventTarget,
    crypto: webcrypto,
    Promise, // as some pages do, another one than the engine's own
    performance: { getEntriesByType: () => [{ name: `${new URL(path, 'https://shop.example')}` }] },
    history: { state: null, replaceState: (_, __, to) => go(to), pushState: (_, __, to) => go(to) },
    navigator: {
      language: 'en-GB',
      globalPrivacyControl: gpc,
      serviceWorker,
      sendBeacon: (to, body) =>
        requests.push({ url: to, beacon: true, body: JSON.parse(body), at: clock.now() }),
    },
    matchMedia: () => ({ matches: device === 'touch' }),
    localStorage: store,
    sessionStorage: {},
    fetch: request,
    console: { debug: (...what) => errors.push(what) },
    Date: { now: clock.now },
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clear,
    setInterval: clock.setInterval,
    clearInterval: clock.clear,
    requestIdleCallback: (idle) => clock.setTimeout(idle, 1),
  })
  if (dataLayer) window.dataLayer = dataLayer
  if (stub) window.heimta = Object.assign(() => {}, { q: stub })
  vm.createContext(window)
  const code = built(`snippet-${adapter}`).replace('__HEIMTA_CONFIG__', () =>
    JSON.stringify({
      ...CONFIG,
      ...config,
      widgets: {
        banner: ['/w/banner.js', 'sha384-b'],
        unsubscribe: ['/w/unsubscribe.js', 'sha384-u'],
        mount: ['/w/mount.js', 'sha384-m'],
        ...(config.widgets || CONFIG.widgets),
      },
    }),
  )
  const execute = (source, turns = 3) => {
    document.currentScript = tag
    vm.runInContext(source, window)
    document.currentScript = null
    for (; turns; turns--) clock.due() // the snippet begins in three tasks of its own (bundle.mjs)
  }
  if (run) execute(code)

  const fire = (target, type, props = {}) => target.dispatchEvent(Object.assign(new Event(type), props))
  const page = {
    window,
    document,
    clock,
    requests,
    scripts,
    errors,
    store,
    cookies,
    go,
    fire,
    execute: (turns) => execute(code, turns),
    advance: clock.advance,
    batches: () => requests.filter(({ url: to }) => to.endsWith('/s/demo')).map(({ body }) => body),
    /** every event that reached the edge, in order, each (src, n) once */
    events: (name) => {
      const all = new Map()
      for (const { src, ev } of page.batches()) for (const one of ev) all.set(`${src}${one.n}`, one)
      return [...all.values()].filter(({ t }) => !name || t === name)
    },
    hide: (hidden = true) => {
      document.hidden = hidden
      fire(document, 'visibilitychange')
    },
    move: (x, y) => fire(document, 'pointermove', { clientX: x, clientY: y, pointerType: 'mouse' }),
    out: (x, y, props) =>
      fire(document, 'mouseout', { clientX: x, clientY: y, relatedTarget: null, buttons: 0, ...props }),
    /** a straight way out through the top, and long enough there */
    leave: async () => {
      for (const y of [80, 50, 25, 8]) {
        page.move(600, y)
        await clock.advance(16)
      }
      page.out(600, -2)
      await clock.advance(500)
    },
    /** the stage and the widgets come, if they were asked for; with `made`, mounts say themselves what opens */
    arrive: async (mounts = {}, made = opening) => {
      await clock.advance(5)
      for (const { src } of scripts.splice(0)) {
        const [, name] = /\/w\/(\w+)\./.exec(src)
        if (['stage', 'mount', 'rules', 'answered'].includes(name)) vm.runInContext(built(name), window)
        else window.heimta('widget', name, made(mounts[name] || (() => () => {})))
        await page.arrive(mounts, made)
      }
    },
  }
  return page
}

/** A widget that is told of when it opens, by what it was made with; show(ctx) returns what takes it away. */
const opening = (show) => (ctx) => {
  let remove
  return {
    open: () => {
      remove = show(ctx)
    },
    remove: () => remove?.(),
  }
}

/** A widget that closes as soon as it is there: not by a timer of the real clock, which may come later than all that the page's is told to do. */
export const closes = (ctx) => {
  queueMicrotask(() => ctx.closed('close'))
  return () => {}
}
