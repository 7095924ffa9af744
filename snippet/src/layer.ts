// Listens to the page's dataLayer: what is in it already, and what comes. Several tools wrap its push; each calls the last.
import { guard } from './guard.ts'

/** Makes one if the shop's own script has not come yet. */
export const listenLayer = (take: (entry: unknown, at: number) => void) => {
  const page = window as unknown as { dataLayer?: unknown[] }
  page.dataLayer ||= []
  const layer = page.dataLayer
  // One entry that cannot be read must not cost us the others, nor the shop its push.
  const guarded = guard(take)
  const push = layer.push
  layer.forEach(guarded)
  layer.push = (...entries) => {
    const length = push.apply(layer, entries)
    entries.forEach(guarded)
    return length
  }
}
