// Tells when another page is looked at, and when one is left, without ever standing in the way of the back/forward cache.
import { guard, on } from './guard.ts'

/** The page as events name it: path and query, no origin. */
export const here = () => (location.pathname + location.search).slice(0, 1000)

/** ms, when this page view began. */
export let pageAt = 0

let at = ''

/** Another page view, or the first. */
export const turnPage = () => {
  pageAt = Date.now()
  at = here()
}

/** changed: another address in the same document. left: it may be gone in a moment. */
export const watchPage = (changed: () => void, left: () => void) => {
  const look = () => {
    if (at !== here()) changed()
  }
  const { navigation } = window as unknown as { navigation?: EventTarget }
  if (navigation) on(navigation, 'navigatesuccess', look)
  else {
    const push = history.pushState
    history.pushState = (...args) => {
      push.apply(history, args)
      setTimeout(guard(look)) // the page changes its title and content only after the call
    }
    on(window, 'popstate', look)
  }
  on(window, 'pagehide', left)
  on(document, 'visibilitychange', () => {
    if (document.hidden) left()
  })
}

/** `?heimta_r=` from a restore link: takes it out of the address, so that it is not shared or bookmarked. */
export const takeToken = () => {
  const url = new URL(location.href)
  const token = url.searchParams.get('heimta_r')
  url.searchParams.delete('heimta_r')
  if (token) history.replaceState(history.state, '', url)
  return token
}
