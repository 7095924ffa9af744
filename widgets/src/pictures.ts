// Fetches what popups show in pictures long before they show it: the cart's first lines, whenever the cart changes, and the
// merchant's own; and how money is written. At the moment of leaving nothing is asked for, and the network may be gone.
import type { Core } from '../../snippet/src/core.ts'
import { h, web } from './dom.ts'
import { LINES } from './popup/lines.ts'

/** Held on to: the browser paints a picture of this document that is still in memory without asking again. */
const kept: Record<string, HTMLImageElement> = {}
const keep = (url = '') => {
  const src = web(url)
  if (src) kept[src] ||= h('img', { src })
}

heimta('plugin', ({ config, visitor, taps, lang, guard }: Core) => {
  const warm = () => {
    for (const { image } of visitor().cart?.lines.slice(0, LINES) || []) keep(image)
  }
  warm()
  // The first time a page asks how money is written, the browser opens its tables: dearer than all the rest of a popup.
  // Not within a second, as files come (load.ts): a busy page is not made busier for it.
  const money = guard(
    () => new Intl.NumberFormat([lang, 'de'], { style: 'currency', currency: config.currency }),
  )
  ;(window.requestIdleCallback || setTimeout)(money)
  taps.push((what) => {
    if (what === 'cart_updated') warm()
  })
  // What the server sends as a picture's address has no quote in it (model/contents/popup.py).
  for (const [, src] of JSON.stringify(config.campaigns).matchAll(/"src":"([^"]+)/g)) keep(src)
})
heimta('widget', 'pictures', kept)
