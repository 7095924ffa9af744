// Stands in for the snippet: keeps what each widget hands over, and mounts it with a context that writes everything down.
// The page's own rules are as rude as shops' rules get, to see that none of them reaches a widget.
const rude = new CSSStyleSheet()
rude.replaceSync(
  'body{margin:0;padding:24px;font:17px/1.6 Georgia,serif;color:#222;background:#f6f3ee}' +
    'button,a,p,h2,ul,li,dialog,progress,input,b,span{letter-spacing:4px!important;text-transform:uppercase!important}' +
    'body>:not(header,main,footer){padding:99px!important;color:red!important}' +
    'main,header,footer{max-width:640px;margin:auto}main *,header *,footer *{letter-spacing:0!important;text-transform:none!important}',
)
document.adoptedStyleSheets = [rude]

// Headless browsers answer 'denied' before anyone was asked. A test that has set it holds on to it.
if (Object.getOwnPropertyDescriptor(self.Notification || {}, 'permission')?.configurable)
  Object.defineProperty(Notification, 'permission', { get: () => 'default', configurable: true })

const log = []
const mounts = {}
const violations = []
addEventListener('securitypolicyviolation', (event) =>
  violations.push(`${event.violatedDirective} ${event.blockedURI}`),
)
addEventListener('error', (event) => violations.push(`error ${event.message}`))
addEventListener('unhandledrejection', (event) => violations.push(`rejection ${event.reason}`))

let shift = 0
if (PerformanceObserver.supportedEntryTypes.includes('layout-shift'))
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) shift += entry.value // whatever the cause, a click or not
  }).observe({ type: 'layout-shift', buffered: true })

// By their files' names, since the popup is built twice; what a plugin opens is the snippet's, which is not here.
globalThis.heimta = (command, _name, mount) => {
  if (command === 'widget') mounts[/dist\/(.+)\.js/.exec(document.currentScript.src)[1]] = mount
}

const say = (lang, text, values = {}) =>
  (typeof text === 'string' ? text : (text[lang] ?? text.en ?? '')).replace(
    /\{(\w+)\}/g,
    (_, name) => values[name],
  )

// As the server sends it (rules/themes.py).
const THEME =
  '--a:#1f4d3f;--o:#ffffff;--s:#ffffff;--i:#1a1f1d;--q:#55605c;--r:12px;--p:24px;--f:inherit;--c:light dark;' +
  '@media(prefers-color-scheme:dark){--a:#7cc9aa;--o:#0c1511;--s:#18201c;--i:#e7ece8;--q:#9aa9a1}'

const listeners = new Set()
/** delay: ms; or 'told', until world.answer() is called */
const waits = (delay) =>
  new Promise((good) => {
    if (delay === 'told') world.answer = good
    else setTimeout(good, delay)
  })
const world = {
  log,
  violations,
  shift: () => shift,
  cart: null,
  setCart(cart) {
    world.cart = cart
    for (const listen of listeners) listen(cart)
  },
  listeners: () => listeners.size,
  unmount: () => {},
  /** options: content, lang, theme, config; claim: an answer, an error's text, or {said}; applied; delay of each, in ms or `told`. */
  mount(widget, { content, lang = 'en', theme = THEME, config, claim, applied = true, delay = 0 }) {
    const note =
      (name) =>
      (...args) =>
        log.push([name, ...args])
    const apply = async (_config, code) => {
      log.push(['apply', code])
      await waits(delay)
      if (applied === 'throws') throw new Error('offline')
      return applied
    }
    const made = mounts[widget]({
      content: { widget, ...content },
      campaign: { id: 'exit-offer' },
      arm: 'a',
      config: {
        shop: 'demo',
        currency: 'EUR',
        urls: { checkout: '#checkout' },
        theme,
        ...config,
      },
      lang,
      theme,
      edge: location.origin,
      trust: (url) => url,
      nonce: '',
      text: (text, values) => say(lang, text, values),
      part: (name) => (name === 'apply' ? apply : mounts[name]),
      cart: () => world.cart,
      onCart: (listen) => {
        listeners.add(listen)
        listen(world.cart)
        return () => listeners.delete(listen)
      },
      money: (minor) =>
        new Intl.NumberFormat(lang, { style: 'currency', currency: 'EUR' }).format(minor / 100),
      track: note('track'),
      post: async (path, body) => {
        log.push(['post', path, JSON.parse(JSON.stringify(body))])
        await waits(delay)
        if (typeof claim === 'string') throw new Error(claim)
        if (claim?.said) throw claim.said
        return claim
      },
      accepted: () => log.push(['accepted']),
      closed: note('closed'),
    })
    world.unmount = made.remove
    if (made.host) document.body.append(made.host)
    made.open?.()
  },
}
globalThis.world = world
