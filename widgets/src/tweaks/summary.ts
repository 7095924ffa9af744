// Keeps the order in view: beside the form it stays as the page is scrolled; on a phone a line at the bottom edge has it,
// and opens into the whole list. The line steps aside while a field has the focus, and while the shop's own is in view.
import { guard } from '../../../snippet/src/guard.ts'
import type { Cart, WidgetContext } from '../../../snippet/src/types.ts'
import { h } from '../dom.ts'
import { one } from './find.ts'
import type { Hand } from './hand.ts'

const GUESS =
  '[class*=order-summary],[id*=order-summary],.opc-block-summary,#order_review,[class*=checkout-aside-container],[class*=order-review],[class*=cart-summary]'
const WIDE = '(min-width:768px)'
const CSS =
  ':host{position:fixed;inset:auto 0 0;z-index:9999;font:inherit;text-align:start}:host([hidden]){display:none}' +
  'details{box-sizing:border-box;max-height:70vh;overflow:auto;border-top:1px solid #8886;background-color:var(--s);color:var(--i);box-shadow:0 -2px 16px #0003}' +
  'summary{display:flex;gap:12px;align-items:center;min-height:56px;padding:8px 20px;box-sizing:border-box;cursor:pointer;list-style:none;font-weight:600}' +
  'summary::-webkit-details-marker{display:none}' +
  'summary::before{content:"";width:8px;height:8px;margin-top:4px;border:solid;border-width:2px 0 0 2px;rotate:45deg}' +
  '[open]>summary::before{margin-top:-4px;rotate:225deg}' +
  'summary:focus-visible{outline:2px solid var(--a);outline-offset:-4px}' +
  'b,span:last-child{margin-inline-start:auto;font-variant-numeric:tabular-nums}' +
  'ul{margin:0;padding:0 20px 16px;list-style:none}li{display:flex;gap:12px;padding:8px 0;border-top:1px solid #8884}'

/** Sticks only where that moves nothing: room to slide in, no box around it that scrolls by itself. */
const canStick = (summary: HTMLElement) => {
  if (getComputedStyle(summary).position !== 'static' || summary.offsetHeight > innerHeight - 32) return false
  for (let up = summary.parentElement; up && up !== document.body; up = up.parentElement)
    if (!/^(visible|clip)$/.test(getComputedStyle(up).overflowY)) return false
  return true
}

/** Whether something of the shop's stands at the bottom edge, its button to pay as likely as not. */
const isTaken = (host: Element) => {
  let there = document.elementsFromPoint(innerWidth / 2, innerHeight - 9).find((one) => one !== host)
  while (there && !/fixed|sticky/.test(getComputedStyle(there).position))
    there = there.parentElement as Element
  return there
}

export const keepSummary = (
  { attr, css, on, later, watch, back }: Hand,
  ctx: WidgetContext,
  selector: string,
) => {
  const find = () => one(selector === 'auto' ? GUESS : selector)
  let summary = find()
  if (!summary) return
  const host = h('heimta-summary' as 'div', { lang: ctx.lang, hidden: true })
  const root = host.attachShadow({ mode: 'open' })
  css(root, `:host{${ctx.theme}}${CSS}`)
  const total = h('b')
  const list = h('ul', { role: 'list' })
  const details = h('details', {}, h('summary', {}, ctx.text(ctx.content.labels.order ?? ''), total), list)
  root.append(details)

  const wide = matchMedia(WIDE)
  let cart: Cart | null
  let isInView = true
  // Later: as the focus moves on there is a moment without any; and what is pressed at the bottom edge must not be covered yet.
  const look = () => later(show)
  const show = () => {
    const isTyping = document.activeElement?.matches('input,select,textarea')
    host.hidden = wide.matches || isInView || !!isTyping || !cart?.lines.length || !!isTaken(host)
    if (host.hidden) details.open = false
  }
  const observer = new IntersectionObserver(
    guard(([entry]: IntersectionObserverEntry[]) => {
      isInView = !!entry?.isIntersecting
      look()
    }),
  )
  const follow = () => {
    if (!summary) return
    if (canStick(summary)) attr(summary, 'data-heimta-summary', '')
    observer.disconnect()
    observer.observe(summary)
  }
  css(document, `@media${WIDE}{[data-heimta-summary]{position:sticky;top:16px}}`)
  follow()
  // Rendered anew, it is another one: the old one is never in view.
  watch(() => {
    if (summary?.isConnected) return
    summary = find()
    follow()
  })
  back(() => observer.disconnect())
  on(wide, 'change', look)
  on(document, 'focusin focusout', look)
  on(root as unknown as EventTarget, 'keydown', ({ key }: KeyboardEvent) => {
    if (key === 'Escape') details.open = false
  })
  document.body.append(host)
  back(() => host.remove())
  back(
    ctx.onCart((now) => {
      cart = now
      total.textContent = ctx.money(cart?.total_minor)
      list.replaceChildren(
        ...(cart?.lines || []).map(({ name, qty, unit_minor }) =>
          h(
            'li',
            {},
            h('span', {}, `${qty} × ${name}`),
            h('span', {}, ctx.money((unit_minor as number) * qty)),
          ),
        ),
      )
      look()
    }),
  )
}
