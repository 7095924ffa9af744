// Keeps events in IndexedDB until the edge has them. Not localStorage: when a phone kills the browser, the newest
// writes to that are lost (3 of 4 within 0.1 s), those to IndexedDB are not (0 of 4). Where the browser has none to
// give, every call rejects, and memory must do. Opened for each use and let go at once: what stays open would stand in the
// way of another tab that erases everything, and costs pages their place in the back/forward cache.
import type { Entry } from './batch.ts'

const NAME = 'heimta'

/** Resolves with what `use` asked for, once all of it is on the disk. */
const shelf = async <T>(use: (store: IDBObjectStore) => IDBRequest<T>[]) => {
  const db = await new Promise<IDBDatabase>((good, bad) => {
    const opening = indexedDB.open(NAME, 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore(NAME, { keyPath: ['src', 'ev.n'] })
    opening.onerror = bad
    opening.onsuccess = () => good(opening.result)
  })
  const work = db.transaction(NAME, 'readwrite')
  db.close() // as soon as this is done
  const [asked] = use(work.objectStore(NAME))
  // Now, not when the page hears of it: a page that is kept unseen would hold up the others.
  work.commit?.()
  await new Promise((good, bad) => {
    work.oncomplete = good
    work.onabort = bad // a full disk, as late as now
  })
  return (asked as IDBRequest<T>).result
}

export const put = (entries: Entry[]) => shelf((store) => entries.map((entry) => store.put(entry)))
export const remove = (entries: Entry[]) =>
  shelf((store) => entries.map(({ src, ev }) => store.delete([src, ev.n])))
export const all = () => shelf<Entry[]>((store) => [store.getAll()])
export const burn = () => indexedDB.deleteDatabase(NAME)
