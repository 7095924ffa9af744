// For visitors who get messages, on every page, in idle time. Keeps their subscription alive without asking again: a yes
// given to the shop's old key, or an address that the browser has changed, is worth nothing to the edge until it is told.
// And shows the page's way to the preferences, which has a sense only for them: what has data-heimta-preferences.
import type { Core } from '../../snippet/src/core.ts'
import { manager, subscribe } from './subscribe.ts'

const LINK = '[data-heimta-preferences]'

/** Quiet hours are by the shopper's own clock: where they are is told with the address, and again when they travel. */
const tz = Intl.DateTimeFormat().resolvedOptions().timeZone
/** What the visitor's record keeps of both: to know whether the edge has it, not to send there. */
const mark = ({ endpoint }: PushSubscription) => endpoint.slice(-16) + tz

const keyOf = ({ options }: PushSubscription) =>
  btoa(String.fromCharCode(...new Uint8Array(options.applicationServerKey as ArrayBuffer)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '')

const tell = (core: Core, body: object) =>
  fetch(`${core.shopUrl}/push`, {
    method: 'POST',
    body: JSON.stringify({ vid: core.visitor().vid, ...body }),
    credentials: 'omit',
  })

const renew = async (core: Core) => {
  if (Notification.permission !== 'granted') {
    // Taken back in the browser's own settings: a no, and nobody may ask again before the shopper changes that.
    if ((await tell(core, { subscription: null })).ok) core.visitor().push = false
    return core.save()
  }
  const held = await (await manager(core)).getSubscription()
  const isOurs = held && keyOf(held) === core.config.push?.key
  if (isOurs && core.visitor().push === mark(held)) return
  const subscription = isOurs ? held : await subscribe(core)
  // Not told, it is told on the next page.
  if (!(await tell(core, { subscription, renew: true, tz })).ok) return
  core.visitor().push = mark(subscription)
  core.save()
}

const reveal = () => {
  for (const link of document.querySelectorAll<HTMLElement>(LINK)) link.hidden = false
}

heimta('plugin', (core) => {
  reveal()
  core.taps.push((what) => {
    if (what === 'page_viewed') reveal()
  })
  document.addEventListener('click', (event) => {
    if (!(event.target as Element).closest?.(LINK)) return
    event.preventDefault()
    heimta('preferences')
  })
  return renew(core)
})
