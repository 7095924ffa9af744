// Helps a checkout along without a word of ours: hides what distracts, and says how near free shipping is.
// Everything is undone by taking one sheet and one element away, so the page is afterwards what it was before.
import type { Cart } from '../../snippet/src/types.ts'
import type { CheckoutContent } from './content/checkout.ts'
import { h } from './dom.ts'

/** A sheet, not style attributes: adopted sheets are exempt from style-src, and hold for what the shop renders later. */
const adopt = (root: DocumentOrShadowRoot, css: string) => {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet]
  return sheet
}

// A misspelt selector must not take the others with it.
const isSelector = (selector: string) => {
  try {
    document.querySelector(selector)
    return true
  } catch {
    return false
  }
}

heimta('widget', 'checkout', (ctx) => {
  const { hide, progress_before, labels } = ctx.content as CheckoutContent
  const { accent } = ctx.config.theme
  const goal = ctx.config.free_shipping_minor

  // Not display: none. What is hidden keeps its place, so nothing on the page moves (CLS 0).
  const hidden = hide.filter(isSelector).map((selector) => `:is(${selector}),:is(${selector}) *`)
  const sheet = adopt(document, hidden.map((selector) => `${selector}{visibility:hidden!important}`).join(''))

  const host = h('heimta-progress' as 'div', { lang: ctx.lang, hidden: true })
  const root = host.attachShadow({ mode: 'open' })
  adopt(
    root,
    'div{all:initial;display:block;font:inherit;color:inherit;padding:12px 0 16px}' +
      'p{margin:0 0 8px}' +
      `progress{display:block;width:100%;height:8px;accent-color:${accent}}` +
      '@media not (forced-colors:active){' +
      'progress{appearance:none;overflow:hidden;border:0;border-radius:8px;background:#0002}' +
      '::-webkit-progress-bar{background:0 0}' +
      `::-moz-progress-bar{border-radius:8px;background:${accent}}` +
      `::-webkit-progress-value{border-radius:8px;background:${accent}}}` +
      '@media(prefers-reduced-motion:no-preference){::-webkit-progress-value{transition:inline-size .3s}}',
  )
  const words = h('p', { role: 'status' })
  const bar = h('progress')
  root.append(h('div', {}, words, bar))

  const fill = (cart: Cart | null) => {
    // In another currency than the goal there is nothing true to say.
    host.hidden = !goal || !cart?.lines.length || cart.currency !== ctx.config.currency
    if (host.hidden || !goal || !cart) return
    const missing = goal - cart.total_minor
    bar.max = goal
    bar.value = Math.min(goal, cart.total_minor)
    words.textContent = bar.ariaLabel =
      missing > 0
        ? ctx.text(labels.missing ?? '', { money: ctx.money(missing) })
        : ctx.text(labels.reached ?? '')
  }
  const off = ctx.onCart(fill)
  if (goal && progress_before && isSelector(progress_before))
    document.querySelector(progress_before)?.before(host)

  return () => {
    off()
    host.remove()
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet)
  }
})
