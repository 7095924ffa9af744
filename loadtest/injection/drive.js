// Mounts each case, presses what can be pressed, looks at what is there, takes it away. Runs in the page.
// A payload that gets its way calls alert. drawn: the names of our elements that were there, so that what was never
// asked is seen.
;async ({ payload, cases }) => {
  if (!window.ran) {
    window.ran = []
    for (const name of ['alert', 'confirm', 'prompt', 'print', 'msgbox'])
      window[name] = () => ran.push(`${name} with ${window.now}`)
    // A link that runs a script is one, pressed or not; no other may lead away from here.
    document.addEventListener(
      'click',
      (event) => {
        for (const at of event.composedPath()) {
          if (!at.href) continue
          if (!/^https?:$/.test(at.protocol)) ran.push(`link ${at.href} with ${window.now}`)
          event.preventDefault()
        }
      },
      true,
    )
    Object.defineProperty(Notification, 'permission', { get: () => 'default' })
    Notification.requestPermission = async () => 'denied'
    document.addEventListener('submit', (event) => event.preventDefault())
  }
  const odd = []
  const drawn = new Set()
  let mounts = 0
  const ours = () => [...document.querySelectorAll('*')].filter((e) => e.localName.startsWith('heimta-'))
  const inside = () =>
    ours().flatMap((host) => [
      host,
      ...host.querySelectorAll('*'),
      ...(host.shadowRoot?.querySelectorAll('*') || []),
    ])
  const look = (name) => {
    for (const e of inside()) {
      if (e.localName.startsWith('heimta-')) drawn.add(e.localName)
      const bad =
        /^(script|object|embed|base|meta|link|style)$/.test(e.localName) ||
        // The preference centre has one of its own, which goes nowhere by itself.
        (e.localName === 'form' &&
          (e.getRootNode().host?.localName !== 'heimta-preferences' || e.hasAttribute('action'))) ||
        (e.localName === 'iframe' && e.sandbox.value !== '') ||
        (e.localName === 'iframe' && !e.hasAttribute('sandbox')) ||
        [...e.attributes].some((a) => /^(on|style$)/.test(a.name)) ||
        ['href', 'src', 'action', 'formAction'].some((key) =>
          /^(javascript|data|vbscript|blob):/i.test(e[key] || ''),
        )
      if (bad) odd.push(`${e.outerHTML.slice(0, 120)} in ${name} with ${payload}`)
    }
  }
  const breathe = () => new Promise((done) => setTimeout(done))
  /** As a shopper who goes on without having filled in what is asked: the shop's own words are in what we say of it. */
  const press = () => {
    const [field] = document.forms.pay.elements
    Object.assign(field, { value: '', title: payload }).labels[0].firstChild.data = payload
    document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Shift', bubbles: true }))
    document.forms.pay.querySelector('[type=submit]').click()
  }
  for (const { name, widget, plugin, cart, ...options } of cases) {
    window.now = `${payload} in ${name}`
    const adopted = document.adoptedStyleSheets
    try {
      world.setCart(cart)
      if (plugin) await lend(plugin, { cart, ...options })
      if (widget) world.mount(widget, options)
    } catch {
      // A widget may refuse to be told nonsense: the snippet's guard catches it, and the page has nothing.
    }
    mounts += 1
    for (let step = 0; step < 3; step += 1) {
      look(name)
      const pressed = inside().filter((e) => /^(button|a|input|textarea|summary)$/.test(e.localName))
      for (const e of pressed) {
        if (/^(radio|checkbox)$/.test(e.type)) e.checked = true
        else if (e.localName === 'input' || e.localName === 'textarea')
          e.value = e.type === 'range' ? 3 : payload
        e.dispatchEvent(new Event('input', { bubbles: true }))
        e.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }))
      }
      // The close button last, so that the others have their turn.
      const main = pressed.filter((e) => e.localName !== 'input' && e.className !== 'x')
      main[step % Math.max(1, main.length)]?.click()
      press()
      await breathe()
    }
    try {
      world.unmount()
    } catch {
      // it was gone already
    }
    for (const host of ours()) host.remove()
    document.adoptedStyleSheets = adopted
    world.unmount = () => {}
  }
  const reported = world.violations.splice(0).filter((one) => !/^(error|rejection) /.test(one))
  return { mounts, ran: ran.splice(0), reported, odd, drawn: [...drawn] }
}
