// Whether somebody is typing, or at what covers the page: nothing may come between a person and their word.
import type { Core } from '../core.ts'

/**
 * A text field that has the focus and text in it; an empty one was focused by the page as likely as by the shopper. Or a frame:
 * a payment provider's field, a chat. In one that may fill the screen runs a film.
 */
export const isTyping = () => {
  let field = document.activeElement as HTMLInputElement | null
  // A web component has its fields inside.
  while (field?.shadowRoot?.activeElement) field = field.shadowRoot.activeElement as HTMLInputElement
  return field?.matches(':read-write,iframe:not([allowfullscreen])') && field.value !== ''
}

/** A dialog of the page is open, or the shopper has opened the preference centre (preferences.ts). */
export const isCovered = (core: Core) => core.isCovered?.() || document.querySelector('heimta-preferences')
