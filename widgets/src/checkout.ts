// Helps a checkout along, each kind of help by a switch of its own (content/checkout.ts): what distracts is hidden; the
// rest is in files that come only where it is switched on. What is done is undone in one go, to the byte. Where the
// shopper pays everything is off, unless the merchant wants it there too.
import { guard } from '../../snippet/src/guard.ts'
import type { WidgetContext } from '../../snippet/src/types.ts'
import type { CheckoutContent } from './content/checkout.ts'
import { isSeen, one } from './tweaks/find.ts'
import { type Hand, hand } from './tweaks/hand.ts'

/** What a later file gives. */
export type Tweaks = (hand: Hand, ctx: WidgetContext) => void

/** As shops and the frames of payment providers call a field for a card. */
const CARD = /cc-[nec]|card.?(num|no|hold|cvc)|\bcv[cv]|stripe|adyen|braintree/i

const hasCard = () =>
  [...document.querySelectorAll<HTMLInputElement>('input,iframe')].some(
    (field) =>
      CARD.test([field.autocomplete, field.name, field.id, field.title, field.src].join()) && isSeen(field),
  )

const hideNamed = ({ css }: Hand, { content }: WidgetContext) => {
  // Not display: none. What is hidden keeps its place, so nothing on the page moves (CLS 0).
  const hidden = (content as CheckoutContent).hide
    .filter((selector) => one(selector) !== undefined)
    .map((selector) => `:is(${selector}),:is(${selector}) *`)
  css(document, hidden.map((selector) => `${selector}{visibility:hidden!important}`).join(''))
}

heimta('widget', 'checkout', (ctx: WidgetContext) => {
  const { payment, ...content } = ctx.content as CheckoutContent
  const watching = hand()
  let done: Hand | undefined
  let body = document.body

  const look = () => {
    // Turbo and its like put another body in place of the page's own: there all is done anew.
    if (body !== document.body) {
      body = document.body
      done?.end(true)
      done = undefined
    }
    const pays = payment && (new RegExp(payment, 'i').test(location.pathname + location.hash) || hasCard())
    if (pays) {
      done?.end(true)
      done = undefined
    } else if (!done) {
      done = hand()
      const parts = (content.with || []).map((name) => ctx.part(name) as Tweaks)
      for (const tweak of [hideNamed, ...parts]) guard(tweak)(done, ctx)
    }
  }
  return {
    open() {
      const soon = watching.watch(look)
      if (payment) {
        // Steps of one page follow each other without a load. Later: a press that goes into a field tells of its focus before
        // its release.
        watching.on(window, 'hashchange popstate click focusin', soon)
      }
      look()
    },
    remove() {
      watching.end()
      done?.end()
    },
  }
})
