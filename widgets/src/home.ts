// The push question where the browser has no push until the shop is on the Home Screen: iPhone and iPad, from iOS 16.4 on.
// It says how that is done, with the sign of the Share button to look for; opened from there, the shop asks as anywhere
// (push.ts), upon a tap. Fetched by the stage only where PushManager is missing; asks no user agent:
// - `navigator.standalone` exists on iOS and iPadOS only, and is false in a tab of any browser there;
// - constructed sheets came with 16.4, as push did, and an app's own web view has no service worker;
// - without a manifest that stands alone the Home Screen would only hold a bookmark, in which there is no push either.
// Where one of these fails there is no question, in no arm.
import type { How, WidgetContext } from '../../snippet/src/types.ts'
import type { PushContent } from './content/push.ts'
import { h } from './dom.ts'

const SVG = 'http://www.w3.org/2000/svg'
/** A box that is open at the top, and an arrow out of it: drawn here, not Apple's. */
const SHARE = 'M8 9H5v12h14V9h-3M12 15V3M8 6.5 12 2.5l4 4'

const shareIcon = () => {
  const icon = document.createElementNS(SVG, 'svg')
  const path = document.createElementNS(SVG, 'path')
  icon.setAttribute('viewBox', '0 0 24 24')
  icon.setAttribute('aria-hidden', 'true')
  path.setAttribute('d', SHARE)
  icon.append(path)
  return icon
}

const css =
  'aside{all:initial;font:inherit;font-family:var(--f);color-scheme:var(--c);position:fixed;inset:auto 12px 12px;' +
  'margin-bottom:env(safe-area-inset-bottom);z-index:2147483647;box-sizing:border-box;max-width:420px;' +
  'max-height:90%;overflow:auto;padding:var(--p);' +
  'margin-inline-start:auto;border:1px solid #8885;border-radius:var(--r);background-color:var(--s);color:var(--i);' +
  'box-shadow:0 0 48px #0004}' +
  'b{font-size:1.15em;line-height:1.3}p{margin:6px 0 0}' +
  'ol{margin:14px 0 18px;padding:0;list-style:none;counter-reset:n}' +
  'li{display:flex;gap:12px;align-items:center;min-height:40px;counter-increment:n}' +
  'li::before{content:counter(n);flex:none;width:28px;line-height:28px;border-radius:50%;text-align:center;' +
  'background-color:var(--a);color:var(--o);font-size:.9em}' +
  'svg{width:1.4em;height:1.4em;margin:0 .15em;vertical-align:-.3em;fill:none;stroke:currentcolor;stroke-width:1.8;' +
  'stroke-linecap:round;stroke-linejoin:round}' +
  'div{display:flex;gap:12px}' +
  'button{flex:1;min-height:48px;border:1px solid;border-radius:var(--r);background:0 0;color:inherit;font:inherit}' +
  '.a{border-color:var(--a);background-color:var(--a);color:var(--o)}'

/** Whether the shop would stand alone. Read early and idly: at the moment itself there is no request. */
const standsAlone = async () => {
  const link = document.querySelector<HTMLLinkElement>('link[rel~=manifest]')
  if (!link) return false
  const { display } = await (await fetch(link.href)).json()
  return display === 'standalone' || display === 'fullscreen'
}

const isAhead = () =>
  (navigator as { standalone?: boolean }).standalone === false &&
  !!navigator.serviceWorker &&
  'adoptedStyleSheets' in document

heimta('plugin', async () => {
  if (!isAhead() || !(await standsAlone())) return
  heimta('widget', 'push', (ctx: WidgetContext) => {
    const { title, labels } = ctx.content as PushContent
    // Another campaign of the shop may ask for the Home Screen, and this one not.
    if (!labels.home) {
      return { open: () => ctx.closed('close'), remove: () => {} }
    }
    const say = (name: string) => ctx.text(labels[name] as string)
    const host = h('heimta-push' as 'div', { lang: ctx.lang })
    const end = (how: How) => {
      host.remove()
      ctx.closed(how)
    }
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(`aside{${ctx.theme}}${css}`)
    const [before, after] = say('share').split('{icon}') as [string, string]
    const card = h(
      'aside',
      { ariaLabel: ctx.text(title) },
      h('b', {}, ctx.text(title)),
      h('p', {}, say('home')),
      h(
        'ol',
        {},
        h('li', {}, h('span', {}, before, shareIcon(), after)),
        h('li', {}, say('add')),
        h('li', {}, say('open')),
      ),
      h(
        'div',
        {},
        h('button', { className: 'a', onclick: () => end('close') }, say('got')),
        h('button', { onclick: () => end('no') }, ctx.text((ctx.content as PushContent).no)),
      ),
    )
    Object.assign(host.attachShadow({ mode: 'open' }), { adoptedStyleSheets: [sheet] }).append(card)
    host.onkeydown = (event) => {
      if (event.key === 'Escape') end('escape')
    }
    return { host, remove: () => host.remove() }
  })
})
