// Keeps events in IndexedDB until the edge has them. Not localStorage: when a phone kills the browser, the newest
// writes to that are lost (3 of 4 within 0.1 s), those to IndexedDB are not (0 of 4). Where the browser has none to
// give, every call rejects, and memory must do.
import type { Entry } from './batch.ts'

const NAME = 'heimta'

let opening: Promise<IDBDatabase> | undefined

const open = () =>
  new Promise<IDBDatabase>((good, bad) => {
    const request = indexedDB.open(NAME, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(NAME, { keyPath: ['src', 'ev.n'] })
    request.onerror = bad
    request.onsuccess = () => {
      const db = request.result
      good(db)
      // Another tab erases everything: do not stand in its way. Or the browser has lost its database: open it anew.
      db.onversionchange = db.onclose = shut
    }
  })

const shelf = async () => {
  opening ||= open()
  return (await opening).transaction(NAME, 'readwrite').objectStore(NAME)
}

const shut = async () => {
  const was = opening
  opening = undefined
  ;(await was)?.close()
}

/** Now, not when the page hears of it: a page that is kept unseen would hold up the others, and be thrown away. */
const commit = ({ transaction }: IDBObjectStore) => transaction.commit?.()

export const put = async (entry: Entry) => {
  const store = await shelf()
  store.put(entry)
  commit(store)
}

export const remove = async (entries: Entry[]) => {
  const store = await shelf()
  for (const { src, ev } of entries) store.delete([src, ev.n])
  commit(store)
}

export const all = async () => {
  const request = (await shelf()).getAll()
  return new Promise<Entry[]>((good) => {
    request.onsuccess = () => good(request.result)
  })
}

export const burn = async () => {
  await shut()
  indexedDB.deleteDatabase(NAME)
}
