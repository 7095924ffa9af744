// The checkout watch in a world without a browser, whose fields throw when somebody reads what is in them.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import vm from 'node:vm'
import { built } from '../../snippet/test/page.mjs'

const file = new URL('../src/watch.ts', import.meta.url).pathname
const code = built('watch')

const SHOP = 'https://shop.example'

const field = (attributes = {}) => ({
  autocomplete: '',
  type: 'text',
  inputMode: '',
  name: '',
  id: '',
  required: true,
  isWrong: false,
  validity: { valueMissing: false },
  matches(selector) {
    return selector === 'select,textarea,input'
  },
  get value() {
    throw new Error('somebody looked into a field')
  },
  ...attributes,
})

const open = ({ path = '/checkout', row, wrong = [], dataLayer, cart = { id: 'ccccccccccc' } } = {}) => {
  const told = []
  const failed = []
  const observers = {}
  const fields = new Set(wrong)
  let now = 1_763_760_000_000
  const url = new URL(path, SHOP)
  const window = new EventTarget()
  const document = Object.assign(new EventTarget(), {
    hidden: false,
    activeElement: { tagName: 'BODY' },
    querySelector: () => row && { textContent: row },
    querySelectorAll: () => [...fields].filter((one) => one.isWrong),
  })
  const observer = (name) =>
    class {
      constructor(hear) {
        observers[name] = hear
      }
      observe() {}
    }
  const guard =
    (run) =>
    (...args) => {
      try {
        return run(...args)
      } catch (error) {
        failed.push(error)
      }
    }
  const core = {
    config: { urls: { checkout: '/checkout' } },
    shopUrl: 'https://edge.example/s/demo',
    guard,
    track: (name, props) => told.push([name, JSON.parse(JSON.stringify(props))]),
    visitor: () => ({ cart }),
  }
  Object.assign(window, {
    window,
    document,
    location: url,
    URL,
    dataLayer,
    console: { debug: (...what) => failed.push(what) },
    Date: { now: () => now },
    setTimeout: (run) => run(),
    MutationObserver: observer('attributes'),
    PerformanceObserver: observer('resources'),
    heimta: (_, run) => run(core),
  })
  vm.createContext(window)
  vm.runInContext(code, window)
  const fire = (on, type, props = {}) => {
    const event = new Event(type)
    for (const [name, value] of Object.entries(props)) Object.defineProperty(event, name, { value })
    on.dispatchEvent(event)
  }
  return {
    window,
    document,
    url,
    events: (name) => told.filter(([one]) => one === name).map(([, props]) => props),
    failed,
    on: (type, target) => {
      fields.add(target)
      fire(document, type, { target })
    },
    wait: (ms) => {
      now += ms
    },
    type: (target, ms = 1000) => {
      fields.add(target)
      fire(document, 'focusin', { target })
      fire(document, 'input', { target })
      fire(document, 'change', { target })
      now += ms
      fire(document, 'focusout', { target })
    },
    blur: (frame) => {
      document.activeElement = frame
      fire(window, 'blur')
    },
    turnWrong: (target, isWrong = true) => {
      target.isWrong = isWrong
      observers.attributes()
    },
    answer: (...entries) => observers.resources({ getEntries: () => entries }),
    error: (props) => fire(window, 'error', { target: window, ...props }),
    reject: (reason) => fire(window, 'unhandledrejection', { reason }),
    leave: () => fire(window, 'pagehide'),
    hide: (hidden) => {
      document.hidden = hidden
      fire(window, 'visibilitychange')
    },
  }
}

const steps = (page) => page.events('checkout_step_reached').map(({ step }) => step)
const faults = (page) => page.events('fault_met').map(({ kind, what }) => `${kind} ${what}`)

const NAMES = [
  ['email', { autocomplete: 'shipping email' }],
  ['email', { type: 'email', name: 'customer[email_address]' }],
  ['email', { name: 'netfang' }],
  ['phone', { type: 'tel', name: 'billing_phone' }],
  ['phone', { name: 'simanumer' }],
  ['name', { autocomplete: 'given-name', name: 'billing_first_name' }],
  ['name', { name: 'shipping_address[last_name]' }],
  ['name', { name: 'vorname' }],
  ['name', { name: 'prenom', id: 'field-nom' }],
  ['street', { autocomplete: 'address-line1', name: 'billing_address_1' }],
  ['street', { name: 'billingAddress[street]' }],
  ['street', { name: 'strasse' }],
  ['street', { name: 'heimilisfang' }],
  ['zip', { autocomplete: 'billing postal-code' }],
  ['zip', { name: 'billingAddress[zipcode]' }],
  ['zip', { name: 'shipping_postcode' }],
  ['zip', { name: 'plz' }],
  ['zip', { name: 'code_postal' }],
  ['zip', { id: 'postnumer' }],
  ['city', { autocomplete: 'address-level2' }],
  ['city', { name: 'billing_city' }],
  ['city', { name: 'ort' }],
  ['city', { name: 'ville' }],
  ['country', { autocomplete: 'country', type: 'select-one' }],
  ['country', { name: 'billing_country', type: 'select-one' }],
  ['country', { name: 'land' }],
  ['other', { name: 'billing_state' }],
  ['other', { autocomplete: 'address-level1', name: 'region_id' }],
  ['other', { name: 'company_name' }],
  ['other', { name: 'order_comments' }],
  ['card', { autocomplete: 'cc-number', name: 'number' }],
  ['card', { autocomplete: 'cc-name' }],
  ['card', { name: 'kartennummer' }],
  ['expiry', { autocomplete: 'cc-exp', name: 'card_expiry' }],
  ['expiry', { name: 'card[exp_month]' }],
  ['cvc', { autocomplete: 'cc-csc' }],
  ['cvc', { name: 'card_cvv' }],
  ['coupon', { name: 'coupon_code' }],
  ['coupon', { name: 'gutscheincode' }],
  ['coupon', { id: 'gift-card-number' }],
  ['password', { type: 'password', autocomplete: 'new-password', name: 'account_password' }],
]

test('a field is known by what it is for: its autocomplete first, then type, inputmode, name and id', () => {
  for (const [kind, attributes] of NAMES) {
    const page = open()
    page.type(field(attributes))
    page.leave()
    const [{ fields, last }] = page.events('checkout_fields')
    assert.deepEqual([fields[0].kind, last], [kind, kind], JSON.stringify(attributes))
    assert.deepEqual(page.failed, [])
  }
})

test('nothing that is in a field is ever read', () => {
  assert.doesNotMatch(
    readFileSync(file, 'utf8').replace(/`[^`]*`/g, ''),
    /\.(value|innerText|labels?|message)\b/,
  )
})

test('fields are told once, when the page is hidden or left: filled, empty or wrong, how long, how often', () => {
  const page = open()
  const [email, zip, city, phone] = [
    field({ autocomplete: 'email' }),
    field({ autocomplete: 'postal-code' }),
    field({ autocomplete: 'address-level2', required: false }),
    field({ type: 'tel', validity: { valueMissing: true } }),
  ]
  page.type(email, 1500)
  page.type(zip)
  page.turnWrong(zip)
  page.type(zip)
  page.turnWrong(zip, false)
  page.on('focusin', city)
  page.wait(20)
  page.on('focusout', city)
  page.on('focusin', phone)
  page.wait(700)
  assert.deepEqual(page.events('checkout_fields'), [])
  page.hide(true)
  page.leave()
  assert.deepEqual(page.events('checkout_fields'), [
    {
      fields: [
        { kind: 'email', state: 'filled', ms: 1500, changes: 1 },
        { kind: 'zip', state: 'error', ms: 2000, changes: 2 },
        { kind: 'city', state: 'empty', ms: 20, changes: 0 },
        { kind: 'phone', state: 'empty', ms: 700, changes: 0 },
      ],
      last: 'phone',
    },
  ])
  page.hide(false)
  page.type(email)
  page.hide(true)
  assert.equal(page.events('checkout_fields')[1].fields.length, 1)
})

test('what the server shows as wrong, and what the browser refuses, are errors without being entered', () => {
  const wrong = field({ autocomplete: 'postal-code', isWrong: true })
  const page = open({ wrong: [wrong] })
  page.on('invalid', field({ autocomplete: 'email' }))
  page.leave()
  const [{ fields }] = page.events('checkout_fields')
  assert.deepEqual(
    fields.map(({ kind, state }) => [kind, state]),
    [
      ['zip', 'error'],
      ['email', 'error'],
    ],
  )
})

test('steps: by the address of the page, its row of steps, the fields, the choices and GA4; each once', () => {
  for (const [step, path] of [
    ['address', '/checkout/address'],
    ['shipping', '/checkout#shipping'],
    ['payment', '/checkout/?step=payment_method'],
    ['review', '/checkout/confirm'],
  ])
    assert.deepEqual(steps(open({ path })), [step], path)
  assert.deepEqual(steps(open({ path: '/checkout/confirmation' })), [])
  assert.deepEqual(steps(open({ row: ' 2. Versand ' })), ['shipping'])
  const page = open({ dataLayer: [] })
  assert.deepEqual(steps(page), [])
  page.type(field({ autocomplete: 'email' }))
  page.type(field({ autocomplete: 'name' }))
  page.window.dataLayer.push({ event: 'add_shipping_info' }, null, 1, {})
  page.window.dataLayer.push(['event', 'add_payment_info', {}], { event: 'add_shipping_info' })
  page.leave()
  assert.deepEqual(steps(page), ['address', 'shipping', 'payment'])
  page.url.hash = '#review'
  page.window.dispatchEvent(new Event('hashchange'))
  assert.deepEqual(steps(page), ['address', 'shipping', 'payment', 'review'])
  const choices = open()
  choices.on('change', field({ type: 'radio', name: 'shipping_method[0]' }))
  choices.on('change', field({ type: 'radio', name: 'gift_wrap' }))
  assert.deepEqual(steps(choices), ['shipping'])
})

test('payment info: a card typed, a method chosen, a payment frame entered, or the shop says so', () => {
  const how = (page) => page.events('payment_info_added').map((props) => props.how)
  const page = open({ dataLayer: [{ event: 'add_payment_info' }] })
  page.on('focusin', field({ autocomplete: 'cc-number' }))
  assert.deepEqual(how(page), ['told'])
  page.type(field({ autocomplete: 'cc-number' }))
  page.type(field({ autocomplete: 'cc-csc' }))
  page.on('change', field({ type: 'radio', name: 'payment_method' }))
  page.blur({ tagName: 'IFRAME', src: 'https://chat.example/', name: '' })
  page.blur({ tagName: 'INPUT', name: 'pay' })
  assert.deepEqual(how(page), ['told', 'card', 'method'])
  page.blur({ tagName: 'IFRAME', src: 'https://js.stripe.com/v3/elements.html', name: '' })
  assert.deepEqual(how(page), ['told', 'card', 'method', 'frame'])
  assert.deepEqual(steps(page), ['payment'])
})

test('faults: what failed and where, without ids and queries, tied to the cart', () => {
  const page = open({ path: '/checkout/payment' })
  const get = (name, responseStatus, initiatorType = 'fetch') => ({ name, responseStatus, initiatorType })
  page.error({
    error: new TypeError('secret@example.com'),
    filename: `${SHOP}/js/app.3f2a1b9.js?v=7`,
    lineno: 12,
  })
  page.answer(
    get(`${SHOP}/api/v1/customers/anna@example.com/carts/8f3c2a77d1/rates?zip=600`, 500),
    get(`${SHOP}/api/ok`, 200),
    get(`${SHOP}/img/1.png`, 404, 'img'),
    get('https://tracker.example/t', 404),
    get('https://edge.example/s/demo', 429),
    get('https://api.stripe.com/v1/tokens', 402),
  )
  assert.deepEqual(page.events('fault_met')[0], {
    kind: 'script',
    what: 'TypeError /js/app.*.js:12',
    cart: 'ccccccccccc',
  })
  assert.deepEqual(faults(page).slice(1), [
    'network 500 /api/v*/customers/*/carts/*/rates',
    'network 402 api.stripe.com',
  ])
})

test('faults: the same one once, five a page, and none of extensions, of strangers, or elsewhere in the shop', () => {
  const page = open()
  const stack = (where) => `Error: x\n    at f (${where}:3:14)\n    at g (${SHOP}/js/a.js:9:9)`
  page.error({ message: 'Script error.', filename: '', lineno: 0 })
  page.error({ error: new Error('x'), filename: 'chrome-extension://abc/x.js', lineno: 1 })
  page.reject({ name: 'TypeError', stack: stack('moz-extension://abc/x.js') })
  page.reject({ name: 'AbortError', stack: stack(`${SHOP}/js/a.js`) })
  page.reject('no error at all')
  page.reject(undefined)
  page.error({ target: { matches: () => true, src: 'https://tracker.example/t.js' } })
  assert.deepEqual(faults(page), [])
  for (let i = 0; i < 3; i++) page.reject({ name: 'Strange <b>', stack: stack(`${SHOP}/js/a.js`) })
  page.error({ target: { matches: () => true, src: `${SHOP}/js/pay.js` } })
  page.answer({ name: `${SHOP}/js/pay.js`, responseStatus: 404, initiatorType: 'script' })
  assert.deepEqual(faults(page), ['script Strangeb /js/a.js:3', 'network failed /js/pay.js'])
  for (const name of 'bcdefg')
    page.error({ error: new Error(), filename: `${SHOP}/js/${name}.js`, lineno: 1 })
  assert.equal(faults(page).length, 5)
  const elsewhere = open()
  elsewhere.url.pathname = '/p/hat'
  elsewhere.error({ error: new Error(), filename: `${SHOP}/js/a.js`, lineno: 1 })
  elsewhere.type(field({ autocomplete: 'email' }))
  elsewhere.leave()
  assert.deepEqual([faults(elsewhere), elsewhere.events('checkout_fields')], [[], []])
})

test('what is said of a fault fits the wire, whatever the page throws', () => {
  const page = open({ cart: null })
  page.error({ error: { name: 'Ü'.repeat(99) }, filename: `${SHOP}/${'ö/a-b/'.repeat(60)}.js`, lineno: 1 })
  page.error({ error: null, filename: `${SHOP}/js/a.js`, lineno: 1 })
  const [one, two] = page.events('fault_met')
  assert.match(one.what, /^[ -~]{1,120}$/)
  assert.deepEqual(two, { kind: 'script', what: 'Error /js/a.js:1' })
  assert.deepEqual(page.failed, [])
})
