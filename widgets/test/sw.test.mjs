// The push worker, as it ships, in a world of its own: what it shows, tells and opens, and what it never does.
import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import vm from 'node:vm'
import { build } from 'esbuild'

const EDGE = 'https://edge.example'
const SHOP = 'https://shop.example'
const VISITOR = 'vvvvvvvvvvvvvvvvvvvvvv'

const { outputFiles } = await build({
  entryPoints: [join(dirname(fileURLToPath(import.meta.url)), '../src/sw.ts')],
  bundle: true,
  minify: true,
  write: false,
  format: 'iife',
  target: 'es2020',
})
const code = outputFiles[0].text

/** A service worker's globals; everything it does is written down in order. */
const start = ({ offline = false, cookie = true } = {}) => {
  const did = []
  const self = {
    location: new URL(`${SHOP}/heimta-sw.js?e=${EDGE}&s=demo`),
    registration: {
      showNotification: async (title, options) => did.push(['show', title, options]),
      pushManager: {
        subscribe: async (options) => {
          did.push(['subscribe', options])
          return { endpoint: 'https://push.example/new' }
        },
      },
    },
    cookieStore: { get: async (name) => (cookie ? { name, value: VISITOR } : null) },
    clients: { openWindow: async (url) => did.push(['open', url]) },
    fetch: async (url, request) => {
      if (!request) return { json: async () => ({ push: { key: 'NEW-KEY' } }) }
      did.push(['post', url, JSON.parse(request.body), request.credentials])
      if (offline) throw new TypeError('offline')
    },
  }
  Object.assign(self, { self, URLSearchParams, crypto, btoa, Date, console })
  vm.runInNewContext(code, self)
  const fire = async (name, event) => {
    const waits = []
    self[name]({ ...event, waitUntil: (promise) => waits.push(promise) })
    return Promise.allSettled(waits)
  }
  return {
    did,
    self,
    push: (json) => fire('onpush', { data: { json: () => JSON.parse(json) } }),
    empty: () => fire('onpush', { data: null }),
    click: (data, action = '') =>
      fire('onnotificationclick', { action, notification: { data, close: () => did.push(['close']) } }),
    change: (event = {}) => fire('onpushsubscriptionchange', event),
  }
}

const message = (changes) =>
  JSON.stringify({
    web_push: 8030,
    notification: {
      title: 'Your cart waits',
      body: 'Two hats',
      navigate: `${EDGE}/r/token`,
      tag: 'm1',
      lang: 'en',
      data: { m: 'm1', v: VISITOR },
      ...changes,
    },
  })

test('a message is shown, then told to the edge as a batch of the wire', async () => {
  const worker = start()
  await worker.push(message())
  const [shown, told] = worker.did
  assert.deepEqual(JSON.parse(JSON.stringify(shown)), [
    'show',
    'Your cart waits',
    { body: 'Two hats', tag: 'm1', lang: 'en', data: { m: 'm1', v: VISITOR, navigate: `${EDGE}/r/token` } },
  ])
  const [, url, batch, credentials] = told
  assert.equal(url, `${EDGE}/s/demo`)
  assert.equal(credentials, 'omit')
  assert.equal(batch.v, 1)
  assert.equal(batch.vid, VISITOR)
  assert.match(batch.src, /^[\w-]{11}$/)
  assert.match(batch.sid, /^[\w-]{11}$/)
  assert.equal(batch.sent, batch.ev[0].at)
  assert.deepEqual(batch.ev, [{ n: 0, t: 'message_shown', at: batch.sent, p: { message: 'm1' } }])
})

test('events of one start are numbered on, and another start is another source', async () => {
  const [one, other] = [start(), start()]
  await one.push(message())
  await one.click({ m: 'm1', v: VISITOR, navigate: `${EDGE}/r/token` })
  await other.push(message())
  const batches = [...one.did, ...other.did].filter(([what]) => what === 'post').map(([, , batch]) => batch)
  assert.deepEqual(
    batches.map(({ ev }) => ev[0].n),
    [0, 1, 0],
  )
  assert.equal(batches[0].src, batches[1].src)
  assert.notEqual(batches[0].src, batches[2].src)
})

for (const [why, json] of [
  ['no JSON', 'hello'],
  ['null', 'null'],
  ['no notification', '{}'],
  ['no title', message({ title: undefined })],
])
  test(`a push that cannot be read shows and tells nothing: ${why}`, async () => {
    const worker = start()
    await worker.push(json)
    assert.deepEqual(worker.did, [])
  })

test('a push without a payload shows nothing', async () => {
  const worker = start()
  await worker.empty()
  assert.deepEqual(worker.did, [])
})

test('a click closes the message, opens the cart at once, and is told', async () => {
  const worker = start()
  await worker.click({ m: 'm1', v: VISITOR, navigate: `${EDGE}/r/token` })
  assert.deepEqual(
    worker.did.map(([what]) => what),
    ['close', 'open', 'post'],
  )
  assert.deepEqual(worker.did[1], ['open', `${EDGE}/r/token`])
  assert.equal(worker.did[2][2].ev[0].t, 'message_clicked')
})

test("a click opens the shop's own pages, and the cart although the edge is not there to be told", async () => {
  const worker = start({ offline: true })
  await worker.click({ m: 'm1', v: VISITOR, navigate: `${SHOP}/cart` })
  assert.deepEqual(worker.did[1], ['open', `${SHOP}/cart`])
})

for (const navigate of [
  'javascript:alert(1)',
  'https://evil.example/',
  `${EDGE}.evil.example/`,
  `${EDGE}@evil.example/`,
  `${SHOP}:8443/`,
  '//evil.example/',
  'data:text/html,x',
  `http://edge.example/`,
  '',
  undefined,
])
  test(`a click never opens ${navigate}`, async () => {
    const worker = start()
    await worker.click({ m: 'm1', v: VISITOR, navigate })
    assert.deepEqual(
      worker.did.map(([what]) => what),
      ['close', 'post'],
    )
  })

const LINK = `${EDGE}/u/demo.token`

test('the button opens the preferences, and counts as no click on the message', async () => {
  const worker = start()
  await worker.click({ m: 'm1', v: VISITOR, navigate: `${EDGE}/r/token`, p: LINK }, 'settings')
  assert.deepEqual(worker.did, [['close'], ['open', LINK]])
})

for (const p of ['https://evil.example/u/x', 'javascript:alert(1)', undefined])
  test(`the button never opens ${p}`, async () => {
    const worker = start()
    await worker.click({ m: 'm1', v: VISITOR, navigate: `${EDGE}/r/token`, p }, 'settings')
    assert.deepEqual(worker.did, [['close']])
  })

const renewed = (endpoint) => [
  'post',
  `${EDGE}/s/demo/push`,
  { vid: VISITOR, subscription: { endpoint }, renew: true },
  'omit',
]

test('an address that the browser drops is renewed with the key of today, and told', async () => {
  const worker = start()
  await worker.change()
  const [[, options], told] = worker.did
  assert.deepEqual({ ...options }, { userVisibleOnly: true, applicationServerKey: 'NEW-KEY' })
  assert.deepEqual(told, renewed('https://push.example/new'))
})

test('one that the browser has renewed by itself is only told', async () => {
  const worker = start()
  await worker.change({ newSubscription: { endpoint: 'https://push.example/its-own' } })
  assert.deepEqual(worker.did, [renewed('https://push.example/its-own')])
})

test('after a withdrawal there is nobody to renew it for', async () => {
  const worker = start({ cookie: false })
  await worker.change()
  assert.deepEqual(worker.did, [])
})

test('it answers no fetch and imports nothing', () => {
  const { self } = start()
  assert.equal(self.onfetch, undefined)
  assert.doesNotMatch(code, /importScripts|addEventListener|fetch"/)
})
