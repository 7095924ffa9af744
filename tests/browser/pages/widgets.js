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

const log = []
const mounts = {}
const violations = []
addEventListener('securitypolicyviolation', (event) => violations.push(`${event.violatedDirective} ${event.blockedURI}`))
addEventListener('error', (event) => violations.push(`error ${event.message}`))
addEventListener('unhandledrejection', (event) => violations.push(`rejection ${event.reason}`))

let shift = 0
if (PerformanceObserver.supportedEntryTypes.includes('layout-shift'))
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) shift += entry.value // whatever the cause, a click or not
  }).observe({ type: 'layout-shift', buffered: true })

globalThis.heimta = (_command, name, mount) => {
  mounts[name] = mount
}

const say = (lang, text, values = {}) =>
  (typeof text === 'string' ? text : (text[lang] ?? text.en ?? '')).replace(/\{(\w+)\}/g, (_, name) => values[name])

const listeners = new Set()
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
  /** options: content, offer, lang, config; claim: an answer, or an error's text; applied; delay in ms. */
  mount(widget, { content, offer, lang = 'en', config, claim, applied = true, delay = 0 }) {
    const note =
      (name) =>
      (...args) =>
        log.push([name, ...args])
    world.unmount = mounts[widget]({
      content: { widget, ...content },
      campaign: { id: 'exit-offer', offer },
      arm: 'a',
      config: {
        shop: 'demo',
        currency: 'EUR',
        urls: { checkout: '#checkout' },
        theme: { accent: '#1f4d3f', on_accent: '#ffffff', surface: '#ffffff', ink: '#1a1f1d', radius_px: 12 },
        ...config,
      },
      lang,
      edge: location.origin,
      trust: (url) => url,
      nonce: '',
      text: (text, values) => say(lang, text, values),
      cart: () => world.cart,
      onCart: (listen) => {
        listeners.add(listen)
        listen(world.cart)
        return () => listeners.delete(listen)
      },
      money: (minor) => new Intl.NumberFormat(lang, { style: 'currency', currency: 'EUR' }).format(minor / 100),
      track: note('track'),
      post: async (path, body) => {
        log.push(['post', path, JSON.parse(JSON.stringify(body))])
        await new Promise((good) => setTimeout(good, delay))
        if (typeof claim === 'string') throw new Error(claim)
        return claim
      },
      apply: async (code) => {
        log.push(['apply', code])
        if (applied === 'throws') throw new Error('offline')
        return applied
      },
      accepted: () => log.push(['accepted']),
      closed: note('closed'),
    })
  },
}
globalThis.world = world
