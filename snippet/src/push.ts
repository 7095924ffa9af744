// Ends a push subscription of ours when consent is withdrawn. Only ours: the shop may have one of its own.
const SCOPE = '/heimta-push/'

export const unsubscribe = async () => {
  const found = await navigator.serviceWorker?.getRegistration(SCOPE)
  // Where there is none of ours, the browser answers with the shop's own for the whole site.
  return found?.scope.endsWith(SCOPE) && (await found.pushManager.getSubscription())?.unsubscribe()
}
