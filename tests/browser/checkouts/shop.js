// In the head of each checkout, before its own scripts and ours: keeps what the page was, and everything that is done to
// fields for money. The cart is put in by checkout_shop.py.
heimta('cart', CART)
window.told = []
heimta('plugin', (core) => core.taps.push((name, props) => told.push([name, props])))
window.errors = []
addEventListener('error', (event) => errors.push(event.message))
addEventListener('unhandledrejection', (event) => errors.push(String(event.reason)))
window.submits = 0
addEventListener('submit', (event) => {
  submits++
  event.preventDefault()
})
window.moved = []
if (PerformanceObserver.supportedEntryTypes.includes('layout-shift'))
  new PerformanceObserver((list) => {
    for (const one of list.getEntries())
      if (!one.hadRecentInput) {
        moved.push(...one.sources.map(({ node }) => node?.outerHTML?.slice(0, 99) ?? node?.textContent))
      }
  }).observe({ type: 'layout-shift', buffered: true })

window.touched = []
const MONEY = '[autocomplete^=cc-],[id*=cvc],[id*=card-],[type=password],iframe'
const isMoney = (target) => target instanceof Element && target.matches(MONEY)
const { set, get } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')
Object.defineProperty(HTMLInputElement.prototype, 'value', {
  configurable: true,
  get() {
    if (isMoney(this)) touched.push(`read ${this.id}`)
    return get.call(this)
  },
  set(value) {
    if (isMoney(this)) touched.push(`wrote ${this.id}`)
    set.call(this, value)
  },
})
const readOf = (field) => (field instanceof HTMLInputElement ? get.call(field) : field.value)
window.look = () => ({
  page: document.documentElement.cloneNode().outerHTML + document.body.outerHTML,
  sheets: document.adoptedStyleSheets.length,
  values: [...document.querySelectorAll('input,select,textarea')].map(readOf).join('|'),
})
const { addEventListener: listen } = EventTarget.prototype
EventTarget.prototype.addEventListener = function (type, ...rest) {
  if (isMoney(this)) touched.push(`listens ${this.id} ${type}`)
  return listen.call(this, type, ...rest)
}
addEventListener('DOMContentLoaded', () => {
  window.before = look()
  touched.length = 0
  const observer = new MutationObserver((all) => {
    for (const { target, attributeName } of all) touched.push(`${target.id} ${attributeName}`)
  })
  for (const field of document.querySelectorAll(MONEY))
    observer.observe(field, { attributes: true, childList: true })
})
