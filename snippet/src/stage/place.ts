// Puts what a widget has made on the page: unseen while there is time, so that at its moment the browser has nothing left to
// do but to paint it. Styles are matched by then, letters shaped, pictures laid out.
import type { Made } from '../types.ts'

/** What stays out of reach of eye, pointer, keyboard and screen reader; its entrance waits. */
const UNSEEN = { visibility: 'hidden', animation: 'none' }
const SEEN = { visibility: '', animation: '' }

/** By then the first frame is out. What follows is dear: the rest of the page becomes inert, the focus moves. */
const FRAME_MS = 99

/** What the stage has in hand. */
export interface Placed {
  /** Unseen from now on. Nothing happens if it is there already. */
  warm: () => void
  open: () => void
  remove: () => void
}

export const place = (
  { host, open = () => {}, remove }: Made,
  guard: <R>(run: () => R) => () => R | undefined,
): Placed => {
  const card = host?.shadowRoot?.firstElementChild as HTMLElement | undefined
  const isThere = () => !host || host.isConnected
  return {
    remove,
    warm: () => {
      if (isThere() || !card) return
      Object.assign(card.style, UNSEEN)
      document.body.append(host as HTMLElement)
      card.popover = 'manual'
      card.showPopover?.()
    },
    open: () => {
      if (card) Object.assign(card.style, SEEN)
      if (!card || !isThere()) {
        if (host) document.body.append(host)
        open()
        return
      }
      const settle = guard(() => {
        if (!isThere()) return
        card.hidePopover?.()
        open()
      })
      setTimeout(settle, FRAME_MS)
    },
  }
}
