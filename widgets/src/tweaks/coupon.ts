// Folds the coupon field behind a link: an empty one sends shoppers off to look for codes. It is never taken away, it
// keeps its place, and it is open from the start where there is a code: in it, on the cart, or in the page's address.
import type { WidgetContext } from '../../../snippet/src/types.ts'
import { h } from '../dom.ts'
import { kindOf } from '../kinds.ts'
import { isSeen, one } from './find.ts'
import type { Hand } from './hand.ts'
import type { Field } from './meaning.ts'

const FIELDS = 'input:not([type=hidden],[type=radio],[type=checkbox],[type=submit],[type=button])'
const CODE = /[?&#](coupon|code|discount|voucher|promo|gutschein)[^=&]*=[^&]/i
const CSS =
  ':host{display:block;height:0}' +
  'button{position:relative;z-index:1;min-height:48px;padding:8px 0;border:0;background:0 0;color:inherit;font:inherit;' +
  'text-decoration:underline;text-underline-offset:.2em;text-align:start;cursor:pointer}' +
  'button:focus-visible{outline:2px solid;outline-offset:2px}'

/** Many shops call it just `code`. */
const isCoupon = (field: Field) => kindOf(field) === 'coupon' || field.name === 'code'

/** As far up as the field is the only one, and no further than its form. */
const boxOf = (field: Element) => {
  let box = field
  for (let up = field.parentElement; up && up.localName !== 'body'; up = up.parentElement) {
    if (
      up.querySelectorAll(`${FIELDS},select,textarea`).length > 1 ||
      up.querySelector('h1,h2,h3,table,dl,ul')
    )
      break
    box = up
    if (up.localName === 'form') break
  }
  return box
}

export const foldCoupon = (
  { attr, css, put, on, watch, back }: Hand,
  ctx: WidgetContext,
  selector: string,
) => {
  const named = one(selector)
  const fields = [...(named || document).querySelectorAll<Field>(FIELDS)]
  const field = named ? fields[0] : fields.find((other) => isCoupon(other) && isSeen(other))
  const hasCode = !!ctx.cart()?.code || CODE.test(location.search + location.hash)
  if (!field || !isSeen(field) || field.value || field === document.activeElement || hasCode) return
  const box = named || boxOf(field)

  const host = h('heimta-coupon' as 'div', { lang: ctx.lang })
  const root = host.attachShadow({ mode: 'open' })
  css(root, CSS)
  let isOpen = false
  const open = () => {
    if (isOpen) return
    isOpen = true
    box.setAttribute('data-heimta-coupon', 'open')
    const hadFocus = document.activeElement === host
    host.remove()
    if (hadFocus) field.focus()
  }
  root.append(
    h(
      'button',
      { type: 'button', ariaExpanded: 'false', onclick: open },
      ctx.text(ctx.content.labels.coupon ?? ''),
    ),
  )
  css(document, '[data-heimta-coupon=closed],[data-heimta-coupon=closed] *{visibility:hidden!important}')
  attr(box, 'data-heimta-coupon', 'closed')
  back(() => box.removeAttribute('data-heimta-coupon'))
  put(host, box)
  // The shop has rendered anew: over its new field the link would be in the way, and without the link no way to the old.
  watch(() => host.nextElementSibling === box || open())
  // A script of the shop, or a link of ours, may fill it in.
  on(field, 'input change invalid', open)
  back(ctx.onCart((cart) => cart?.code && open()))
}
