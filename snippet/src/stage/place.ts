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
  /** Without a word or a trace, and whatever fails in it. */
  remove: () => void
}

/** gone: it is off the page again, taken away or because it could not be opened. */
export const place = (
  { host, open = () => {}, remove }: Made,
  guard: <R>(run: () => R) => () => R | undefined,
  gone: () => void,
): Placed => {
  const card = host?.shadowRoot?.firstElementChild as HTMLElement
  const away = () => {
    guard(remove)()
    gone()
  }
  const settle = () => {
    if (card) card.inert = false
    const isOpen = guard(() => {
      open()
      // Hidden by whoever blocks what interrupts, a dialog would still make the whole page inert.
      return card?.checkVisibility?.() !== false
    })
    if (!isOpen()) away()
  }
  /** Unseen is out of reach of pointer, keyboard and screen reader as well, or it is not on the page. */
  const put = () => {
    card.inert = true
    Object.assign(card.style, UNSEEN)
    document.body.append(host as HTMLElement)
  }
  /** Not between a press and its release, which would lose its click. The `body` is for old pages: there `:active` is a link. */
  const rest = (run: () => void) => {
    if (!host?.isConnected) return
    if (document.querySelector('body:active')) setTimeout(rest, FRAME_MS, run)
    else run()
  }
  return {
    remove: away,
    warm: () => {
      // A frame would load: what is in it is asked for when it is seen, and not before.
      if (host && 'inert' in card && !card.querySelector('iframe')) put()
    },
    open: () => {
      if (!host) return settle()
      // A page may have thrown it out.
      if (!host.isConnected) put()
      rest(() => {
        Object.assign(card.style, SEEN)
        setTimeout(rest, FRAME_MS, settle)
      })
    },
  }
}
