// Puts what a widget has made on the page: unseen while there is time, so that at its moment the browser has nothing left to
// do but to let it through. Styles are matched by then, letters shaped, pictures drawn.
import type { Made } from '../types.ts'

/** Drawn already, since it says that its opacity will change; its entrance waits. */
const UNSEEN = { opacity: '0', willChange: 'opacity', animation: 'none' }
const SEEN = { opacity: '', willChange: '', animation: '' }

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
    if (card) card.inert = false
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
      // A frame would load: what is in it is asked for when it is seen, and not before. And unseen is out of reach of pointer,
      // keyboard and screen reader as well, or it is not on the page.
      if (!host || !card || !('inert' in card) || card.querySelector('iframe')) return
      card.inert = true
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
