// How near free shipping is: a line of words and a bar, kept true as the cart changes.
import type { Cart, WidgetContext } from '../../../snippet/src/types.ts'
import type { CheckoutContent } from '../content/checkout.ts'
import { h } from '../dom.ts'
import { one } from './find.ts'
import type { Hand } from './hand.ts'

export const showProgress = ({ css, settle, back }: Hand, ctx: WidgetContext) => {
  const { progress_before, labels } = ctx.content as CheckoutContent
  const { free_shipping_minor: goal, currency } = ctx.config
  if (!goal) return
  const host = h('heimta-progress' as 'div', { lang: ctx.lang, hidden: true })
  const root = host.attachShadow({ mode: 'open' })
  css(
    root,
    `:host{${ctx.theme}}` +
      'div{all:initial;display:block;font:inherit;color:inherit;padding:12px 0 16px}' +
      'p{margin:0 0 8px}' +
      'progress{display:block;width:100%;height:8px;accent-color:var(--a)}' +
      '@media not (forced-colors:active){' +
      'progress{appearance:none;overflow:hidden;border:0;border-radius:8px;background:#8884}' +
      '::-webkit-progress-bar{background:0 0}' +
      '::-moz-progress-bar{border-radius:8px;background-color:var(--a)}' +
      '::-webkit-progress-value{border-radius:8px;background-color:var(--a)}}' +
      '@media(prefers-reduced-motion:no-preference){::-webkit-progress-value{transition:inline-size .3s}}',
  )
  const words = h('p', { role: 'status' })
  const bar = h('progress', { max: goal })
  root.append(h('div', {}, words, bar))
  const fill = (cart: Cart | null) => {
    const total = cart?.total_minor
    // In another currency than the goal, or without a total, there is nothing true to say.
    host.hidden = !cart?.lines.length || cart.currency !== currency || total === undefined
    if (host.hidden || total === undefined) return
    const missing = goal - total
    bar.value = Math.min(goal, total)
    words.textContent = bar.ariaLabel =
      missing > 0
        ? ctx.text(labels.missing ?? '', { money: ctx.money(missing) })
        : ctx.text(labels.reached ?? '')
  }
  back(ctx.onCart(fill))
  settle(host, () => one(progress_before))
}
