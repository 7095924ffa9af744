// The shop's push worker: shows a message, tells the edge, opens the cart. It answers no fetch and imports nothing, so
// it can never break the shop's own requests. Its own address says where the edge is (?e=) and which shop it is (&s=).
//
// Two things it leaves out on purpose:
// - A push that cannot be read shows nothing. What the browser cannot decrypt never gets here, so the rest is not from
//   our edge, and a made-up text would be a lie in the shop's name. (A browser may say by itself that the site was
//   updated in the background.)
// - pushsubscriptionchange: saving a subscription needs the visitor's id, which only the page has. The edge drops the
//   dead endpoint at its first 404 or 410, and the page asks again when it is visited.
interface Data {
  /** message id */
  m: string
  /** visitor id */
  v: string
}

const worker = self as unknown as ServiceWorkerGlobalScope
const query = new URLSearchParams(location.search)
const edge = query.get('e')

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
  return fetch(`${edge}/s/${query.get('s')}`, {
    method: 'POST',
    body: JSON.stringify({ v: 1, vid: v, sid: src, src, sent: at, ev }),
    credentials: 'omit',
    keepalive: true,
  })
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
  const { notification } = event
  const { navigate, ...about } = notification.data
  notification.close()
  // First of all: a window may only be opened right after the click.
  const isOurs = [edge, location.origin].some((origin) => `${navigate}`.startsWith(`${origin}/`))
  event.waitUntil(
    Promise.all([isOurs && worker.clients.openWindow(navigate), tell('message_clicked', about)]),
  )
}
