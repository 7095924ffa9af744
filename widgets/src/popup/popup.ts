// The popup: the shopper's own cart, and either an offer claimed as a code of their own or a gentle reminder.
import type { Cart, Claim, Text, WidgetContext } from '../../../snippet/src/types.ts'
import type { Apply } from '../apply/own.ts'
import type { PopupContent } from '../content/popup.ts'
import { h, web } from '../dom.ts'
import { type Shell, shell } from '../shell.ts'
import type { Blocks } from './blocks.ts'
import { LINES } from './lines.ts'

const css =
  'ul{margin:20px 0;padding:0;list-style:none}' +
  'li{display:flex;gap:12px;align-items:center;margin-bottom:12px}' +
  'span{flex:1}' +
  'i{width:56px;height:56px;overflow:hidden;border-radius:var(--r);background:#8883}' +
  'img{display:block;width:100%;height:100%;object-fit:cover}' +
  'small{display:block;font-size:.9em;color:var(--q)}' +
  '.t{border-top:1px solid #8885;padding-top:12px}' +
  'code{flex:1 1 9em;padding:11px;border:1px dashed;border-radius:var(--r);text-align:center;user-select:all}'

/** What blocks are lent. */
export interface Kit {
  _ctx: WidgetContext
  _text(key: string, values?: Record<string, string | number>): string
  /** the cart's lines */
  _list: HTMLElement
  /** as if the main button were pressed */
  _go(): void
  /** there is nothing more to ask: a last view with the way to the checkout */
  _end(title: string): void
}

export const popup = (blocks?: Blocks) => (ctx: WidgetContext) => {
  const { title, body, show_cart, layout, accept, decline, asks, labels } = ctx.content as PopupContent
  const text = (key: string, values?: Record<string, string | number>) =>
    ctx.text(labels[key] as Text, values)

  const row = (className: string, tile: Node | string, name: Node, amount: number | undefined) =>
    h('li', { className }, tile, name, h('b', {}, ctx.money(amount)))
  const list = h('ul')
  const fill = (cart: Cart | null) => {
    const lines = cart?.lines || []
    list.replaceChildren(
      ...lines.slice(0, LINES).map(({ name, qty, unit_minor, image }) => {
        const tile = h('i')
        const src = web(image)
        // A picture that does not come leaves its tile, of the same size, and no broken icon.
        if (src) tile.append(h('img', { src, alt: '', onerror: () => tile.replaceChildren() }))
        const what = h('span', {}, name, h('small', {}, `${qty} × ${ctx.money(unit_minor)}`))
        return row('', tile, what, qty * (unit_minor as number))
      }),
    )
    if (lines.length > LINES)
      list.append(h('li', {}, h('small', {}, text('more', { n: lines.length - LINES }))))
    if (cart) list.append(row('t', '', h('span', {}, text('total')), cart.total_minor))
  }

  const answers = (...kids: Node[]) => h('div', { className: 'r' }, ...kids)
  const checkout = (label: string, className = 'a') =>
    h('a', { className, onclick: ctx.accepted, href: web(ctx.config.urls.checkout) }, label)
  const end = (last: string) => frame.show(last, answers(checkout(text('checkout'))))

  let go: () => void
  const more = blocks?.({ _ctx: ctx, _text: text, _list: list, _go: () => go(), _end: end })
  const frame: Shell = shell(ctx, text('close'), layout, css + (more?._css || ''), () => off?.())
  const off = show_cart ? ctx.onCart(fill) : undefined

  const show = ({ code, expires_at }: Claim, isApplied: boolean, kids: Node[]) => {
    // Some browsers know no Icelandic: then the plain numbers of a German date, not an American one.
    const time = new Date(expires_at).toLocaleString([ctx.lang, 'de'], {
      dateStyle: 'medium',
      timeStyle: 'short',
    })
    const shown = h('code', {}, code)
    const copy = h('button', { ariaLive: 'polite' }, text('copy'))
    copy.onclick = async () => {
      try {
        await navigator.clipboard.writeText(code)
        copy.textContent = text('copied')
      } catch {
        // Not allowed to (an insecure page, an older browser): one key press is left to the shopper.
        getSelection()?.selectAllChildren(shown)
      }
    }
    // Without the lines: their sum is the one before the discount, and the shop's checkout says the new one.
    frame.show(
      text(isApplied ? 'applied' : 'not_applied'),
      h('p', {}, text('expires', { time })),
      ...kids,
      answers(shown, copy, checkout(text('checkout'))),
    )
  }

  // Each state is a view of its own: the one that works looks like the one before, but nothing in it can be pressed twice.
  const ask = (words: string, other: Node, busy?: boolean) => {
    const label = busy ? text('working') : ctx.text(accept)
    go = async () => {
      if (busy || (more && !more._isReady())) return
      ask(words, other, true)
      try {
        const won = (await ctx.post('claim', { campaign: ctx.campaign.id })) as Claim
        ctx.accepted()
        const isApplied = (ctx.part('apply') as Apply)(ctx.config, won.code).catch(() => false)
        const kids = more ? await more._won(won) : []
        show(won, await isApplied, kids)
      } catch (no) {
        // What the server has words for, trying again would not change.
        const said = ctx.text(no as Text)
        if (said) end(said)
        else ask(text('failed'), checkout(text('checkout'), ''))
      }
    }
    frame.show(
      ctx.text(title),
      h('p', { role: 'status' }, words),
      ...(more?._nodes || [list]),
      answers(asks ? h('button', { className: 'a', onclick: go }, label) : checkout(label), other),
    )
  }
  ask(ctx.text(body), h('button', { onclick: () => frame.end('no') }, ctx.text(decline)))
  return frame
}
