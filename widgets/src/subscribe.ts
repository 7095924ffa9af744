// A push subscription of this browser, with the shop's key as it is now, through our own worker in its own scope: a worker
// that the shop has for its pages neither sees it nor is seen.
import type { Config } from '../../snippet/src/types.ts'

/** What it takes: a WidgetContext has it, and so has the core. */
export interface Lent {
  edge: string
  config: Config
  trust(url: string): string
}

/** No page of the shop's is under it. */
export const SCOPE = '/heimta-push/'

/** Our worker's push manager. */
export const manager = async ({ edge, config, trust }: Lent) => {
  const { shop, push } = config
  // edge is an origin: nothing in it needs escaping.
  const registration = await navigator.serviceWorker.register(trust(`${push?.sw}?e=${edge}&s=${shop}`), {
    scope: SCOPE,
  })
  // `serviceWorker.ready` never resolves: the narrow scope holds no page. Our worker has no install step that could
  // fail, so this is over in a moment.
  while (!registration.active) await new Promise<void>(setTimeout as (good: () => void) => void)
  return registration.pushManager
}

/** A new subscription, whatever there was. Asks nobody: without the browser's permission it fails. */
export const subscribe = async (lent: Lent) => {
  const held = await manager(lent)
  // An old one would be in the way: with another key, or told for a visitor whom this browser has forgotten.
  await (await held.getSubscription())?.unsubscribe()
  return held.subscribe({ userVisibleOnly: true, applicationServerKey: lent.config.push?.key })
}
