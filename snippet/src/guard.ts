// The one try/catch between us and the shop's page: whatever fails in here, the page never learns of it.

const report = (error: unknown) => console.debug('heimta', error)

/** Runs like the function given, but a throw or a rejection ends here. */
export const guard =
  <A extends unknown[], R>(run: (...args: A) => R) =>
  (...args: A): R | undefined => {
    try {
      const result = run(...args)
      return result instanceof Promise ? (result.catch(report) as R) : result
    } catch (error) {
      report(error)
    }
  }

// biome-ignore lint/suspicious/noExplicitAny: an event's type follows from its name, which is only known by the caller
export type On = (target: EventTarget, types: string, listen: (event: any) => void) => void

/** Listens passively, and before the page's own listeners can stop the event. `types` are parted by blanks. */
export const on: On = (target, types, listen) => {
  for (const type of types.split(' '))
    target.addEventListener(type, guard(listen), { passive: true, capture: true })
}
