// The preference centre in the shop: what messages are about, how often, or none any more. The same as the page behind the
// link in each message (server/heimta/edge/preference_page.py). The edge says what stands in it (View), since nobody
// should carry its words who never opens it; here it is drawn, and what a button says is brought back. Opened by
// heimta('preferences'), or by a link of the shop's (renew.ts): the shopper wants it, so it is modal and no campaign.
import type { Config } from '../../snippet/src/types.ts'
import { h } from './dom.ts'
import { SCOPE, subscribe } from './subscribe.ts'

/** What the edge answers: docs/wire.md, "Preferences". */
interface View {
  /** of its words; the page may speak another */
  lang?: string
  title: string
  lines: string[]
  /** legend, kind of input, its name, rows: value, name, what it means, whether it is chosen */
  fields: [string, 'checkbox' | 'radio', string, [string, string, string, boolean][]][]
  /** what the buttons do, and say */
  acts: ['save' | 'stop' | 'on', string][]
}

const css =
  ':host{display:contents!important}' +
  'dialog{all:initial;font:inherit;font-family:var(--f);color-scheme:var(--c);position:fixed;inset:auto 0 0;' +
  'box-sizing:border-box;margin:auto;max-width:440px;max-height:90%;padding:var(--p);overflow:auto;border:1px solid #8885;' +
  'border-radius:var(--r) var(--r) 0 0;background-color:var(--s);color:var(--i)}' +
  '@media(min-width:480px){dialog{height:fit-content;inset:0;border-radius:var(--r)}}' +
  '::backdrop{background:#0006}' +
  'h2,p,fieldset{margin:0 0 12px;padding:0;border:0}' +
  'h2{margin-inline-end:48px;font-size:1.25em}' +
  'legend{padding:0;font-weight:600}' +
  'label{display:flex;align-items:center;gap:12px;padding:12px 0}label+label{border-top:1px solid #8885}' +
  'small{display:block;color:var(--q)}' +
  'input{margin:0;flex:none;width:24px;height:24px;accent-color:var(--a)}' +
  'button{width:100%;min-height:48px;margin-top:12px;border:1px solid;border-radius:var(--r);background:0 0;' +
  'color:inherit;font:inherit;cursor:pointer}' +
  'fieldset+button{border-color:var(--a);background-color:var(--a);color:var(--o)}' +
  '.x{float:inline-end;width:48px;margin:-12px;border:0;font-size:1.5em}'

heimta('plugin', (core) => {
  const { config, lang } = core
  const words = config.preferences as NonNullable<Config['preferences']> // without it this file is never fetched
  const own = (name: 'close' | 'failed') => {
    const text = words[name]
    return typeof text === 'string' ? text : text[lang] || (Object.values(text)[0] as string)
  }

  const send = async (path: string, body: object) => {
    const answer = await fetch(`${core.shopUrl}/${path}`, {
      method: 'POST',
      // Before consent there is no visitor, and so nothing that could be on.
      body: JSON.stringify({
        vid: core.visitor().vid || '-'.repeat(22),
        lang,
        u: location.pathname,
        ...body,
      }),
      credentials: 'omit',
      signal: AbortSignal.timeout?.(9999),
    })
    if (!answer.ok) throw 0
    return answer.json()
  }
  const keep = (push: boolean) => {
    core.visitor().push = push
    core.save()
  }
  /** What an act does in the browser, before the edge is told or after. */
  const turnOn = async () => {
    if ((await Notification.requestPermission()) !== 'granted') throw 0
    await send('push', {
      subscription: await subscribe(core),
      said: ['preferences', 1, 'on', lang, location.pathname],
      tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
    })
    keep(true)
  }
  const turnOff = async () => {
    keep(false)
    const found = await navigator.serviceWorker?.getRegistration(SCOPE)
    if (found?.scope.endsWith(SCOPE)) await (await found.pushManager.getSubscription())?.unsubscribe()
  }

  /** Before consent there is nobody whose it would be; and a browser without push, or told never to, would only fail. */
  const canTurnOn = () => core.visitor().vid && self.PushManager && Notification.permission !== 'denied'

  let host = {} as HTMLElement
  Object.assign(core, {
    async preferences() {
      // One at a time: on a slow line a link is pressed again.
      if (host.isConnected) return
      host = h('heimta-preferences' as 'div')
      const sheet = new CSSStyleSheet()
      sheet.replaceSync(`dialog{${config.theme}}${css}`)
      const heading = h('h2')
      // Stays while the views change: only then is what comes into it heard.
      const said = h('p', { role: 'status' })
      const form = h('form')
      const dialog = h(
        'dialog',
        { tabIndex: -1, onclose: () => host.remove() },
        h('button', { className: 'x', ariaLabel: own('close'), onclick: () => dialog.close() }, '×'),
        heading,
        said,
        form,
      )
      Object.assign(host.attachShadow({ mode: 'open' }), { adoptedStyleSheets: [sheet] }).append(dialog)
      document.body.append(host)

      const say = (words: string, title = words) => {
        dialog.ariaLabel = title
        if (!dialog.isConnected) return // closed before the answer came
        if (!dialog.open) dialog.showModal()
        said.innerText = words
        dialog.focus() // what had it may be gone
      }
      const show = ({ title, lines, lang: spoken, fields, acts }: View) => {
        host.lang = spoken || lang
        form.replaceChildren(
          ...fields.map(([legend, type, name, rows]) =>
            h(
              'fieldset',
              {},
              h('legend', {}, legend),
              ...rows.map(([value, text, about, checked]) =>
                h(
                  'label',
                  {},
                  h('input', { type, name, value, checked }),
                  h('span', {}, text, h('small', {}, about)),
                ),
              ),
            ),
          ),
          ...acts.map(([act, text]) =>
            h(
              'button',
              {
                type: 'button' as const,
                hidden: act === 'on' && !canTurnOn(),
                onclick: () => go(act),
              },
              text,
            ),
          ),
        )
        heading.textContent = title
        say(lines.join('\n'), title)
      }
      const go = async (act = '') => {
        const data = new FormData(form)
        try {
          if (act === 'on') await turnOn()
          const view = await send('preferences', {
            act,
            topic: data.getAll('topic'),
            // None ticked is a word where there was something to tick.
            ...('channel' in form && { channel: data.getAll('channel') }),
            pace: data.get('pace') || '',
          })
          if (act === 'stop') await turnOff()
          show(view)
        } catch {
          say(own('failed')) // what was ticked stays, to be sent again
        }
      }
      return go()
    },
  })
  // Asked for before this file was here.
  if ((heimta.q as unknown[][]).some(([name]) => name === 'preferences')) heimta('preferences')
})
