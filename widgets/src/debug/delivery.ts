// How the events got on: what waits on the shelf, and how the edge answered last. Read, never written.
import type { Entry } from '../../../snippet/src/batch.ts'
import type { Core } from '../../../snippet/src/core.ts'
import type { Tone } from './conditions.ts'
import { plural } from './words.ts'

/** Events on the shelf (snippet/src/shelf.ts). Only asked with consent: to open the database is to make it. */
export const waiting = () =>
  new Promise<Entry[]>((good) => {
    const open = indexedDB.open('heimta')
    // Not there yet: made by asking it would be without a shelf, and the snippet could never put anything into it.
    open.onupgradeneeded = () => open.transaction?.abort()
    open.onerror = () => good([])
    open.onsuccess = () => {
      const db = open.result
      const got = db.transaction('heimta').objectStore('heimta').getAll()
      got.onsuccess = () => good(got.result)
      db.close() // once the transaction is over
    }
  })

/** Calls back with each answer of the edge to a batch, those before us included. status 0: the browser does not say. */
export const onAnswer = (core: Core, hear: (at: number, status: number) => void) => {
  const watch = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as PerformanceResourceTiming[])
      if (entry.name === core.shopUrl)
        hear(
          performance.timeOrigin + entry.responseEnd,
          (entry as { responseStatus?: number }).responseStatus || 0,
        )
  })
  watch.observe({ type: 'resource', buffered: true })
  return () => watch.disconnect()
}

export const deliveryInWords = (count: number, at: number, status: number): [Tone, string] => {
  const left = count ? `${plural(count, 'event')} on the way or waiting.` : 'Nothing waits.'
  if (!at) return ['wait', `${left} The edge was not asked yet.`]
  const then = `the last batch ${Math.round((Date.now() - at) / 1000)} s ago`
  if (!status) return ['wait', `${left} No word of ${then}.`]
  if (status < 300) return ['good', `${left} The edge took ${then}.`]
  return status < 500 && status !== 429
    ? ['no', `${left} The edge refused (${status}) ${then}: its answer in the network tab says why.`]
    : ['wait', `${left} The edge was busy (${status}) at ${then}; it is tried again.`]
}
