// The shop's push worker: shows a message, tells the edge, opens the cart. It answers no fetch and imports nothing, so
// it can never break the shop's own requests. Its own address says where the edge is (?e=) and which shop it is (&s=).
//
// A push that cannot be read shows nothing. What the browser cannot decrypt never gets here, so the rest is not from our
// edge, and a made-up text would be a lie in the shop's name. (A browser may say by itself that the site was updated in
// the background.)
interface Data {
  /** message id */
  m: string
  /** visitor id */
  v: string
  /** where the visitor's preferences are */
  p?: string
}

const worker = self as unknown as ServiceWorkerGlobalScope
const query = new URLSearchParams(location.search)
const edge = query.get('e')
const shop = `${edge}/s/${query.get('s')}`

const post = (url: string, body: object) =>
  fetch(url, { method: 'POST', body: JSON.stringify(body), credentials: 'omit', keepalive: true })

/** 64 random bits, 11 characters of base64url. */
const short = () =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(8))))
    .slice(0, 11)
    .replace(/\+/g, '-')
    .replace(/\//g, '_')

// Each start of the worker is a source of its own, whose events count from 0.
const src = short()
let n = 0

const tell = (t: string, { m, v }: Data) => {
  const at = Date.now()
  const ev = [{ n: n++, t, at, p: { message: m } }]
  return post(shop, { v: 1, vid: v, sid: src, src, sent: at, ev })
}

const read = (push: PushMessageData) => {
  try {
    const { title, navigate, data: about, ...rest } = push.json().notification
    return title && { title, about, options: { ...rest, data: { ...about, navigate } } }
  } catch {
    return // see above
  }
}

worker.onpush = (event) => {
  const message = event.data && read(event.data)
  if (!message) return
  // Telling the edge is not waited for: while this event lasts, Chromium takes a notification that was clicked away for
  // one that was never shown, and says in the shop's name that the site was updated in the background.
  event.waitUntil(
    worker.registration.showNotification(message.title, message.options).then(() => {
      tell('message_shown', message.about)
    }),
  )
}

worker.onnotificationclick = (event) => {
  const { notification, action } = event
  const { navigate, ...about } = notification.data
  // The one button leads to the visitor's preferences: no click on what the message says.
  const to = action ? about.p : navigate
  notification.close()
  // First of all: a window may only be opened right after the click.
  const isOurs = [edge, location.origin].some((origin) => `${to}`.startsWith(`${origin}/`))
  event.waitUntil(
    Promise.all([isOurs && worker.clients.openWindow(to), action || tell('message_clicked', about)]),
  )
}

interface Change extends ExtendableEvent {
  newSubscription?: PushSubscription
}

/** The browser has dropped the subscription, or given it another address. */
const renew = async ({ newSubscription }: Change) => {
  // Whose it is, the cookie says: after a withdrawal there is none. Where workers cannot read it (Firefox before 140),
  // the page does the same when it is visited (renew.ts).
  const cookie = await cookieStore.get('heimta_v')
  if (!cookie) return
  const { push } = await (await fetch(`${shop}.json`)).json()
  const subscription =
    newSubscription ||
    (await worker.registration.pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: push.key,
    }))
  return post(`${shop}/push`, { vid: cookie.value, subscription, renew: true })
}

worker.onpushsubscriptionchange = (event) => {
  event.waitUntil(renew(event as Change))
}
