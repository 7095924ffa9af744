// Runs after the page's stand-in for the snippet and before the widgets' files: keeps what those hand over that wait to be
// lent the core (heimta('plugin', …)), and lends them one whose config, cart and visitor are the case's own. Plays what
// some of them ask for: a manifest that stands alone, an answer of the edge, an iPhone's browser.
{
  const widget = heimta
  const plugins = {}
  const late = {} // widgets that a plugin hands over once it was lent the core
  globalThis.heimta = (command, name, ...rest) => {
    const file = /dist\/(.+)\.js/.exec(document.currentScript?.src || '')?.[1]
    if (command === 'plugin') plugins[file] = name
    else if (file) widget(command, name, ...rest)
    else if (command === 'widget') late[name] = rest[0]
  }
  heimta.q = []

  // The overlay's root is closed to pages; what is in it is looked at all the same.
  const attach = Element.prototype.attachShadow
  Element.prototype.attachShadow = function (how) {
    return attach.call(this, { ...how, mode: 'open' })
  }
  Object.defineProperty(navigator, 'standalone', { value: false })
  Object.defineProperty(navigator, 'serviceWorker', { value: { getRegistration: async () => undefined } })
  let answer = {}
  globalThis.fetch = async (url) => {
    const path = new URL(url, location.href).pathname
    const told = path.endsWith('/manifest.json') ? { display: 'standalone' } : answer
    return { ok: true, json: async () => told }
  }

  const coreOf = ({ config, cart, fields, moments }) => ({
    config,
    edge: location.origin,
    shopUrl: `${location.origin}/s/demo`,
    lang: 'en',
    device: 'pointer',
    isPreview: false,
    nonce: '',
    visitor: () => ({ vid: '', cart, fields, seen: {}, consent: { analytics: true, marketing: true } }),
    save: () => {},
    track: () => {},
    load: () => {},
    trust: (url) => url,
    guard:
      (run) =>
      (...args) => {
        try {
          return run(...args)
        } catch (fault) {
          world.log.push([`guarded ${fault}`])
        }
      },
    isOpen: () => true,
    isCheckout: () => true,
    views: 1,
    pageAt: Date.now(),
    leave: () => {},
    seconds: 9,
    parts: {},
    here: new Set(),
    isEngaged: true,
    moments,
    taps: [],
  })

  const contextOf = (content) => ({
    content,
    lang: 'en',
    theme: '',
    text: (text) => (typeof text === 'string' ? text : text.en),
    closed: () => {},
  })
  /** How each comes to draw what it draws. */
  const draw = {
    'checkout-remember': () => {}, // by the checkout's own mount
    pictures: () => {},
    preferences: (core) => core.preferences(),
    home: (_core, { content }) => late.push(contextOf(content)),
    debug: (core, { events }) => {
      for (const [name, props] of events) for (const tap of core.taps) tap(name, props)
    },
  }

  /** Lends a plugin the core, and has it draw what it draws. */
  globalThis.lend = async (name, options) => {
    answer = options.answer || {}
    const link = document.createElement('link')
    if (name === 'home') {
      Object.assign(link, { rel: 'manifest', href: '/manifest.json' })
      document.head.append(link)
    }
    const core = coreOf(options)
    await plugins[name](core)
    link.remove()
    await draw[name](core, options)
  }
}
