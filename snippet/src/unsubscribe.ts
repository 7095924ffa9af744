// Ends a push subscription of ours when consent is withdrawn: fetched then, where there is one. Only ours: the shop may
// have one of its own.
import type { Heimta } from './types.ts'

const SCOPE = '/heimta-push/'

const unsubscribe = async () => {
  const found = await navigator.serviceWorker?.getRegistration(SCOPE)
  // Where there is none of ours, the browser answers with the shop's own for the whole site.
  return found?.scope.endsWith(SCOPE) && (await found.pushManager.getSubscription())?.unsubscribe()
}

const { heimta } = window as unknown as { heimta: Heimta }
heimta('plugin', ({ guard }) => guard(unsubscribe)())
