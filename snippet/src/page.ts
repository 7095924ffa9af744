// Tells when another page is looked at, and when one is left, without ever standing in the way of the back/forward cache.
import type { On } from './guard.ts'

/** The page as events name it: path and query, no origin. */
export const here = () => (location.pathname + location.search).slice(0, 1000)

/** changed: a new address in the same document. returned: the document came back from the back/forward cache. */
export const watchPage = (on: On, changed: () => void, returned: () => void, left: () => void) => {
  let at = here()
  const look = () => {
    if (at !== here()) {
      at = here()
      changed()
    }
  }
  const { navigation } = window as unknown as { navigation?: EventTarget }
  if (navigation) on(navigation, 'navigatesuccess', look)
  else {
    const push = history.pushState
    history.pushState = (...args) => {
      push.apply(history, args)
      setTimeout(look) // the page changes its title and content only after the call
    }
    on(window, 'popstate', look)
  }
  on(window, 'pageshow', (event: PageTransitionEvent) => event.persisted && returned())
  on(window, 'pagehide', left)
  on(document, 'visibilitychange', () => document.hidden && left())
}

/** `?heimta_r=` from a restore link: takes it out of the address, so that it is not shared or bookmarked. */
export const takeToken = () => {
  const url = new URL(location.href)
  const token = url.searchParams.get('heimta_r')
  if (token) {
    url.searchParams.delete('heimta_r')
    history.replaceState(history.state, '', url)
  }
  return token
}
