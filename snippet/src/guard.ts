// The one try/catch between us and the shop's page: whatever fails in here, the page never learns of it.

const report = (error: unknown) => {
  console.debug?.('heimta', error)
}

/** `await`, not `.catch`: the page's own Promise methods may be broken, and then the rejection would reach it. */
const calm = async <R>(result: R) => {
  try {
    return await result
  } catch (error) {
    report(error)
  }
  return undefined
}

/** Runs like the function given, but a throw or a rejection ends here. */
export const guard =
  <A extends unknown[], R>(run: (...args: A) => R) =>
  (...args: A): R | undefined => {
    try {
      const result = run(...args)
      // Not `instanceof Promise`: where a page has replaced Promise, async functions still answer with the real one.
      return (result as Partial<Promise<unknown>>)?.then ? (calm(result) as R) : result
    } catch (error) {
      report(error)
    }
    return undefined
  }

/** Listens passively, and before the page's own listeners can stop the event. `types` are parted by blanks. */
// biome-ignore lint/suspicious/noExplicitAny: an event's type follows from its name, which only the caller knows
export const on = (target: EventTarget, types: string, listen: (event: any) => void) => {
  for (const type of types.split(' '))
    target.addEventListener(type, guard(listen), { passive: true, capture: true })
}
