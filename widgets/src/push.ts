// Push opt-in in two steps: our own card first, the browser's question only after a yes, since a no there is for ever.
// All in 800 bytes, so it brings the smallest card that is still kind instead of shell.ts: two equal answers, Escape,
// no focus taken, focus given back. Order and wording below follow the compressed size; measure before tidying.
// Not offered at all where the browser could not do it, or has been told never to: then nobody is dealt an arm.
import type { Config, How, WidgetContext } from '../../snippet/src/types.ts'
import type { PushContent } from './content/push.ts'

if (self.PushManager && Notification.permission !== 'denied')
  heimta('widget', 'push', (ctx: WidgetContext) => {
    const el = (tag: string, textContent?: string, onclick?: () => void) =>
      Object.assign(document.createElement(tag), { textContent, onclick })
    const content = ctx.content as PushContent
    const { text, campaign } = ctx
    const push = ctx.config.push as NonNullable<Config['push']> // without it this file is never fetched
    const host = el('heimta-push')
    const card = el('aside')
    // Where the shopper came from when they walked into the card.
    let back: HTMLElement | null | undefined

    const end = (how?: How) => {
      host.remove()
      ctx.closed(how)
      back?.focus()
    }
    const say = (label: 'done' | 'blocked' | 'failed', how?: How) => {
      card.textContent = text(content.labels[label] as string)
      document.body.append(host) // put in again, it is new to the browser: it has not shifted, however it shrank
      back?.focus()
      back = null // when the timer ends it, the focus is somewhere else by right
      setTimeout(end, 6000, how)
    }
    const ask = async () => {
      try {
        if ((await Notification.requestPermission()) !== 'granted') return say('blocked', 'close')
        // ctx.edge is an origin: nothing in it needs escaping.
        const registration = await navigator.serviceWorker.register(
          ctx.trust(`${push.sw}?e=${ctx.edge}&s=${ctx.config.shop}`),
          { scope: '/heimta-push/' },
        )
        // `serviceWorker.ready` never resolves: the narrow scope holds no page. Our worker has no install step that
        // could fail, so this is over in a moment.
        while (!registration.active) await new Promise<void>(setTimeout as (good: () => void) => void)
        const manager = registration.pushManager
        // An old one would be in the way: with another key, or told for a visitor whom this browser has forgotten.
        await (await manager.getSubscription())?.unsubscribe()
        await ctx.post('push', {
          subscription: await manager.subscribe({ userVisibleOnly: true, applicationServerKey: push.key }),
          // Proof of the yes: where, and to which words.
          said: [campaign.id, campaign.version, ctx.arm, ctx.lang, location.pathname],
        })
        ctx.accepted()
        say('done')
      } catch {
        say('failed') // a yes, and no answer that were for good
      }
    }

    const sheet = new CSSStyleSheet()
    sheet.replaceSync(
      `aside{${ctx.theme};all:initial;display:grid;gap:10px;font:inherit;position:fixed;inset:auto 20px 20px;z-index:999999999;max-width:340px;max-height:80%;overflow-wrap:anywhere;overflow:auto;margin-inline-start:auto;padding:20px;border-radius:var(--r);background-color:var(--s);color:var(--i);box-shadow:0 0 48px #0004}` +
        'button{min-height:48px;border:1px solid;border-radius:var(--r);background-color:var(--a);color:var(--o);font:inherit}' +
        'button+button{background-color:var(--s);color:var(--i)}',
    )
    Object.assign(host.attachShadow({ mode: 'open' }), { adoptedStyleSheets: [sheet] }).append(card)
    host.addEventListener('focusin', (event) => {
      back = (event.relatedTarget as HTMLElement | null) || back
    })
    host.onkeydown = (event) => {
      if (event.key === 'Escape') end('escape')
    }
    card.append(
      el('b', text(content.title)),
      el('span', text(content.body)),
      el('button', text(content.yes), ask),
      el('button', text(content.no), () => end('no')),
    )
    return { remove: () => host.remove(), host }
  })
