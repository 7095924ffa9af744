// Finds things on a page that nobody has described to us.
import { guard } from '../../../snippet/src/guard.ts'

/** A misspelt selector finds nothing, and takes no other with it. */
export const one = guard((selector: string) =>
  selector ? document.querySelector<HTMLElement>(selector) : null,
) as (selector: string) => HTMLElement | null

/** Whether a shopper can see it: not folded away, not moved off the screen as a trap for robots. */
export const isSeen = (element: Element) => {
  const { width, height, right, bottom } = element.getBoundingClientRect()
  return (
    width > 1 &&
    height > 1 &&
    right + scrollX > 0 &&
    bottom + scrollY > 0 &&
    element.checkVisibility?.() !== false
  )
}

const PAY = /place.?order|pay|buy|order|kauf|bestell|zahl|panta|grei[dð]|kaupa|command|pedir|pagar/i
const BUTTONS = 'button:not([type=button],[type=reset]),[type=submit],[id=place_order]'

/** What ends the checkout: the last button that says so, in the shop's own words. */
export const payButton = () =>
  [...document.querySelectorAll<HTMLInputElement>(BUTTONS)]
    .filter(
      (button) =>
        isSeen(button) && PAY.test(`${button.name} ${button.id} ${button.textContent} ${button.value}`),
    )
    .pop()
