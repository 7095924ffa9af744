// The exit popup: the shopper's own cart, and either an offer claimed as a code of their own or a gentle reminder.
import type { Cart, Claim, PopupContent } from '../../snippet/src/types.ts'
import { h, web } from './dom.ts'
import { shell } from './shell.ts'

const LINES = 3 // more would push the answers off a phone's screen

const css =
  'ul{margin:0 0 20px;padding:0;list-style:none}' +
  'li{display:flex;align-items:center;gap:12px;margin-bottom:12px}' +
  'span{flex:1;min-width:0}' +
  'i{width:56px;height:56px;overflow:hidden;border-radius:var(--r);background:#0001}' +
  'img{display:block;width:100%;height:100%;object-fit:cover}' +
  'small{display:block;font-size:.875em;opacity:.75}' +
  '.t{padding-top:12px;border-top:1px solid #0002}' +
  'code{flex:2 1 9em;padding:11px;border:1px dashed;border-radius:var(--r);text-align:center;user-select:all}'

heimta('widget', 'popup', (ctx) => {
  const { title, body, show_cart, layout, accept, decline, labels } = ctx.content as PopupContent
  const text = (key: string, values?: Record<string, string | number>) => ctx.text(labels[key] ?? '', values)

  const row = (className: string, tile: Node | string, name: Node, amount: number) =>
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
        return row('', tile, what, qty * unit_minor)
      }),
    )
    if (lines.length > LINES) list.append(h('li', {}, text('more', { n: lines.length - LINES })))
    if (cart) list.append(row('t', '', h('span', {}, text('total')), cart.total_minor))
  }

  const frame = shell(ctx, text('close'), layout === 'modal', css, () => off?.())
  const off = show_cart ? ctx.onCart(fill) : undefined

  const answers = (...kids: Node[]) => h('div', { className: 'r' }, ...kids)
  const checkout = (label: string) =>
    h('a', { className: 'a', href: ctx.config.urls.checkout, onclick: ctx.accepted }, label)

  const won = ({ code, expires_at }: Claim, isApplied: boolean) => {
    const time = new Date(expires_at).toLocaleString(ctx.lang, { dateStyle: 'medium', timeStyle: 'short' })
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
    frame.show(
      text(isApplied ? 'applied' : 'not_applied'),
      answers(shown, copy),
      h('p', {}, text('expires', { time })),
      list,
      answers(checkout(text('checkout'))),
    )
  }

  const ask = (words: string, other: Node) => {
    const yes = ctx.campaign.offer
      ? h('button', { className: 'a' }, ctx.text(accept))
      : checkout(ctx.text(accept))
    if (ctx.campaign.offer)
      yes.onclick = async () => {
        yes.onclick = null
        yes.textContent = text('working')
        try {
          const claim = (await ctx.post('claim', { campaign: ctx.campaign.id })) as Claim
          ctx.accepted()
          won(claim, await ctx.apply(claim.code).catch(() => false))
        } catch {
          ask(text('failed'), checkout(text('checkout')))
        }
      }
    frame.show(ctx.text(title), h('p', { role: 'status' }, words), list, answers(yes, other))
  }
  ask(ctx.text(body), h('button', { onclick: () => frame.end('no') }, ctx.text(decline)))
  return frame.remove
})
