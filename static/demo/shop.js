// The shop's own script: forms become fetches, the drawer shows the cart, dataLayer hears of it.
// Every form also works without it; when a fetch fails, the form is sent the plain way.

const $ = (selector, within = document) => within.querySelector(selector)

// A real shop's habit: GA4 merges ecommerce objects, so each one is preceded by a reset.
const push = (event) => {
  window.dataLayer.push({ ecommerce: null })
  window.dataLayer.push(event)
}

const drawer = $('#drawer')
const cartPage = $('#cart-page')

const showCount = (count) => {
  $('[data-count]').hidden = count === 0
  $('[data-count-number]').textContent = count
}

// Keeps the keyboard where it was, though the button under it is a new one.
const replace = (box, html) => {
  const had = box.contains(document.activeElement)
  const key = document.activeElement?.dataset.key
  box.innerHTML = html
  if (!had) return
  const same = key && $(`[data-key="${CSS.escape(key)}"]`, box)
  const next = same || $('[data-close]', drawer || document) || $('h1')
  if (next.tagName === 'H1') next.tabIndex = -1
  next.focus()
}

const show = (cart) => {
  showCount(cart.count)
  if (cartPage) replace(cartPage, cart.page)
  else if (drawer) {
    replace($('#drawer-body'), cart.drawer)
    if (!drawer.open) drawer.showModal()
  }
  $('#said').textContent = cart.said
  cart.events.forEach(push)
}

let toastTimer
const toast = (message) => {
  const box = $('#toast')
  box.textContent = message
  box.hidden = false
  clearTimeout(toastTimer)
  toastTimer = setTimeout(() => {
    box.hidden = true
  }, 6000)
}

const send = async (form, submitter) => {
  const body = new FormData(form)
  if (submitter?.name) body.set(submitter.name, submitter.value)
  const reply = await fetch(form.action, {
    method: 'POST',
    headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
    body: JSON.stringify({ sku: body.get('sku'), qty: Number(body.get('qty')) }),
  })
  const answer = await reply.json()
  if (reply.ok) show(answer)
  else toast(answer.message)
}

document.addEventListener('submit', async (event) => {
  const form = event.target
  if (!('cart' in form.dataset)) return
  event.preventDefault()
  if (form.ariaBusy === 'true') return
  form.ariaBusy = 'true'
  try {
    await send(form, event.submitter)
  } catch {
    // Offline, or not JSON: let the browser do it and show what comes.
    if (event.submitter?.name) {
      const chosen = document.createElement('input')
      Object.assign(chosen, { type: 'hidden', name: event.submitter.name, value: event.submitter.value })
      form.append(chosen)
    }
    form.submit()
  } finally {
    form.ariaBusy = null
  }
})

const readCart = async () => {
  const reply = await fetch('/cart.json', { headers: { Accept: 'application/json' } })
  return reply.json()
}

document.addEventListener('click', async (event) => {
  const opener = event.target.closest('[data-open-cart]')
  const wantsTab = event.metaKey || event.ctrlKey || event.shiftKey
  if (opener && drawer && !wantsTab) {
    event.preventDefault()
    try {
      show(await readCart())
    } catch {
      location.assign(opener.href)
    }
  }
  // A click on the dialog itself, not on anything in it, is a click on its backdrop.
  if (drawer && (event.target === drawer || event.target.closest('[data-close]'))) drawer.close()
})

// A page brought back by the back button shows the count of when it was left.
window.addEventListener('pageshow', async (event) => {
  if (!event.persisted) return
  const cart = await readCart()
  showCount(cart.count)
})

// Consent

const consent = $('#consent')

const decide = (choice) => {
  const isGiven = choice === 'all'
  const word = isGiven ? 'granted' : 'denied'
  const secure = location.protocol === 'https:' ? '; secure' : ''
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser yet.
  document.cookie = `shop_consent=${choice}; path=/; max-age=${180 * 24 * 3600}; samesite=lax${secure}`
  window.gtag('consent', 'update', {
    ad_storage: word,
    ad_user_data: word,
    ad_personalization: word,
    analytics_storage: word,
  })
  window.heimta('consent', { analytics: isGiven, marketing: isGiven })
  consent.hidden = true
}

$('form', consent).addEventListener('submit', (event) => {
  event.preventDefault()
  decide(event.submitter?.value ?? 'needed')
})

$('[data-consent-again]').addEventListener('click', () => {
  consent.hidden = false
  $('h2', consent).focus()
})

// Checkout

const checkout = $('#checkout')

const example = {
  email: 'anna@example.com',
  name: 'Anna Jónsdóttir',
  street: 'Aðalstræti 12',
  postcode: '600',
  city: 'Akureyri',
  country: 'IS',
}

if (checkout) {
  const events = JSON.parse($('#checkout-events').textContent)
  const pushed = {}
  const once = (name) => {
    if (pushed[name]) return
    pushed[name] = true
    const { event, ecommerce } = events[name]
    const paid = new FormData(checkout).get('payment')
    push({ event, ecommerce: name === 'payment' ? { ...ecommerce, payment_type: paid } : ecommerce })
  }
  const hasAddress = () => ['street', 'postcode', 'city'].every((id) => $(`#${id}`).value.trim())

  checkout.addEventListener('change', (event) => {
    if (hasAddress()) once('shipping')
    if (event.target.name === 'payment') once('payment')
  })
  checkout.addEventListener('submit', () => {
    if (!checkout.checkValidity()) return // the server says what is wrong
    once('shipping')
    once('payment')
  })

  const fill = $('.fill-example')
  fill.hidden = false
  fill.addEventListener('click', () => {
    for (const [id, value] of Object.entries(example)) $(`#${id}`).value = value
    once('shipping')
  })
  $('.wrongs')?.focus()
}
