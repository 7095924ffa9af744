// Puts what a widget has made on the page: unseen while there is time, so that at its moment the browser has nothing left to
// do but to paint it. Styles are matched by then, letters shaped, pictures laid out.
import type { Made } from '../types.ts'

/** What stays out of reach of eye, pointer, keyboard and screen reader; its entrance waits. */
const UNSEEN = { visibility: 'hidden', animation: 'none' }
const SEEN = { visibility: '', animation: '' }

/**
 * By then the first frame is out. What follows is dear: a place above all else, the focus, and the rest of the page becomes
 * inert. None of it before the moment: a dialog takes the focus wherever it opens, even as a popover (Chromium to 128).
 */
const FRAME_MS = 99

/** What the stage has in hand. */
export interface Placed {
  /** On the page from now on, unseen. */
  warm: () => void
  open: () => void
  remove: () => void
}

/** broken: it could not be opened, and is off the page again. */
export const place = (
  { host, open = () => {}, remove }: Made,
  guard: <R>(run: () => R) => () => R | undefined,
  broken: () => void,
): Placed => {
  const card = host?.shadowRoot?.firstElementChild as HTMLElement | undefined
  const settle = () => {
    const isOpen = guard(() => {
      open()
      return true
    })
    if (isOpen()) return
    guard(remove)()
    broken()
  }
  return {
    remove,
    warm: () => {
      // A frame would load: what is in it is asked for when it is seen, and not before.
      if (!host || !card || card.querySelector('iframe')) return
      Object.assign(card.style, UNSEEN)
      document.body.append(host)
    },
    open: () => {
      const isWarm = host?.isConnected
      if (card) Object.assign(card.style, SEEN)
      // A page may have thrown it out.
      if (host && !isWarm) document.body.append(host)
      if (!isWarm) return settle()
      setTimeout(() => {
        if (host.isConnected) settle()
      }, FRAME_MS)
    },
  }
}
