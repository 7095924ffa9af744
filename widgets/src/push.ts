// Push opt-in in two steps: our own card first, the browser's question only after a yes, since a no there is for ever.
// All in 800 bytes, so it brings the smallest card that is still kind instead of shell.ts: two equal answers, Escape,
// no focus taken, focus given back. Order and wording below follow the compressed size; measure before tidying.
import type { Config, How } from '../../snippet/src/types.ts'
import type { PushContent } from './content/push.ts'

const el = (tag: string, textContent?: string, onclick?: () => void) =>
  Object.assign(document.createElement(tag), { textContent, onclick })

heimta('widget', 'push', (ctx) => {
  const content = ctx.content as PushContent
  const { shop, theme } = ctx.config
  const push = ctx.config.push as NonNullable<Config['push']> // looked at below, before anything is shown
  const host = el('heimta-push')
  const card = el('aside')
  // Where the shopper came from when they walked into the card.
  let back: HTMLElement | null | undefined

  const end = (how: How) => {
    host.remove()
    ctx.closed(how)
    back?.focus()
  }
  const say = (label: 'done' | 'blocked' | 'failed') => {
    card.textContent = ctx.text(content.labels[label] as string)
    document.body.append(host) // put in again, it is new to the browser: it has not shifted, however it shrank
    back?.focus()
    back = null // when the timer ends it, the focus is somewhere else by right
    setTimeout(end, 6000, 'close')
  }
  const ask = async () => {
    try {
      if ((await Notification.requestPermission()) !== 'granted') return say('blocked')
      // ctx.edge is an origin: nothing in it needs escaping.
      const registration = await navigator.serviceWorker.register(
        ctx.trust(`${push.sw}?e=${ctx.edge}&s=${shop}`),
        { scope: '/heimta-push/' },
      )
      // `serviceWorker.ready` never resolves: the narrow scope holds no page. Our worker has no install step that
      // could fail, so this is over in a moment.
      while (!registration.active) await new Promise<void>(setTimeout as (good: () => void) => void)
      const { pushManager } = registration
      const subscribe = () => pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: push.key })
      await ctx.post('push', {
        // Refused when the shop's key has changed since: then the old subscription goes first.
        subscription: await subscribe().catch(async () => {
          await (await pushManager.getSubscription())?.unsubscribe()
          return subscribe()
        }),
      })
      ctx.accepted()
      say('done')
    } catch {
      say('failed')
    }
  }

  const sheet = new CSSStyleSheet()
  sheet.replaceSync(
    `aside{all:initial;font:inherit;position:fixed;inset:auto 20px 20px;z-index:999999999;max-width:330px;margin-inline-start:auto;padding:20px;border-radius:${theme.radius_px}px;background:${theme.surface};color:${theme.ink};box-shadow:0 0 48px #0004}` +
      `button{width:100%;min-height:48px;margin-top:12px;border:1px solid;border-radius:${theme.radius_px}px;background:${theme.accent};color:${theme.on_accent};font:inherit}` +
      'button+button{background:0 0;color:inherit}',
  )
  Object.assign(host.attachShadow({ mode: 'open' }), { adoptedStyleSheets: [sheet] }).append(card)
  host.onkeydown = (event) => {
    if (event.key === 'Escape') end('escape')
  }
  host.addEventListener('focusin', (event) => {
    back = (event.relatedTarget as HTMLElement | null) || back
  })
  card.append(
    el('b', ctx.text(content.title)),
    el('br'),
    ctx.text(content.body),
    el('button', ctx.text(content.yes), ask),
    el('button', ctx.text(content.no), () => end('no')),
  )
  if (push && self.PushManager && Notification.permission !== 'denied') document.body.append(host)
  else end('close')
  return () => host.remove()
})
