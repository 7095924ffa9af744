// The frame of everything that covers the page: a dialog that is modal, or a card that never takes the focus.
// It lives in a shadow root with an adopted sheet (exempt from style-src), and gives the focus back when it goes. Both
// are in the browser's top layer, above any z-index of the page's.
import type { How, Made, WidgetContext } from '../../snippet/src/types.ts'
import { h } from './dom.ts'

/** modal and sheet take the focus and cover the page; the others lie on it. */
export type Layout = 'modal' | 'sheet' | 'corner' | 'slide' | 'bar_top' | 'bar_bottom'

// Phones first: a sheet at the bottom; then a card in the corner, or the middle of the screen when modal.
// `all: initial` keeps the shop's rules out; `font: inherit` lets its type in. --t: where it comes from. What only popups
// can be (slide, bars, sheet) is in popup.ts.
const frame =
  ':host{display:contents!important}' +
  '.w{all:initial;font:inherit;font-family:var(--f);color-scheme:var(--c);position:fixed;inset:auto 0 0;' +
  'z-index:9999999;box-sizing:border-box;max-width:440px;max-height:90%;margin-inline-start:auto;overflow:auto;' +
  'overflow-wrap:anywhere;' + // German has words that are longer than a phone is wide
  'border:1px solid #8885;border-radius:var(--r) var(--r) 0 0;' +
  'padding-bottom:env(safe-area-inset-bottom);background-color:var(--s);color:var(--i);box-shadow:0 0 48px #0004}' +
  '.w>div{padding:var(--p)}' +
  ':modal::backdrop{background:#0006}' +
  'h2{margin:0 0 8px;margin-inline-end:40px;font-size:1.25em;line-height:1.3}' +
  'p{margin:0 0 20px}' +
  'button,a{flex:1 1 9em;box-sizing:border-box;min-height:48px;padding:11px;border:1px solid;border-radius:var(--r);' +
  'background:0 0;color:inherit;font:inherit;text-decoration:none;text-align:center;cursor:pointer}' +
  '.a{border-color:var(--a);background-color:var(--a);color:var(--o)}' +
  '.r{display:flex;gap:12px;flex-wrap:wrap}' +
  '.x{float:inline-end;width:48px;margin:-16px;padding:0;border:0;font-size:1.5em}' +
  '@media(min-width:480px){.w{inset-inline-end:20px;bottom:20px;border-radius:var(--r)}' +
  '.modal{inset:0;height:fit-content;margin:auto}}' +
  '@media(prefers-reduced-motion:no-preference){.n{animation:n .3s}}' +
  '@keyframes n{0%{opacity:0;translate:var(--t,0 20px)}}'

export interface Shell extends Made {
  /** Puts a view in place of the last one. */
  show(title: string, ...kids: (Node | string)[]): void
  /** Takes it away because the shopper wanted so. */
  end(how: How): void
}

/** gone: called once it is off the page, whoever took it. */
export const shell = (
  ctx: WidgetContext,
  close: string,
  layout: Layout,
  css: string,
  gone?: () => void,
): Shell => {
  const modal = /^modal|sheet/.test(layout)
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(`.w{${ctx.theme}}${frame}${css}`)
  const host = h('heimta-widget' as 'div', { lang: ctx.lang })
  const root = host.attachShadow({ mode: 'open' })
  root.adoptedStyleSheets = [sheet]

  // Where the focus came from last, so that a card the shopper tabbed into gives it back too.
  let back: EventTarget | null
  let card: HTMLDialogElement
  let focus: boolean
  host.addEventListener('focusin', (event) => {
    back = event.relatedTarget || back
  })

  const inside = () => document.activeElement === host
  const remove = () => {
    const focused = inside()
    removeEventListener('keydown', key)
    host.remove()
    if (focused) (back as HTMLElement | null)?.focus({ preventScroll: true })
    gone?.()
  }
  const end = (how: How) => {
    if (!host.isConnected) return
    remove()
    ctx.closed(how)
  }
  // On the whole page: a card may cover what a keyboard user is at, and they must not have to walk to it (WCAG 2.4.11).
  const key = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.defaultPrevented) end('escape')
  }
  const up = () => {
    card[modal ? 'showModal' : 'showPopover']?.() // without popovers (browsers before 2024) the z-index is all there is
    if (focus) card.focus()
  }
  return {
    open: () => {
      addEventListener('keydown', key)
      up()
    },
    show(title, ...kids) {
      focus = modal || inside()
      // A dialog that is a popover would take the focus as it opens; a section does not.
      card = h(
        (modal ? 'dialog' : 'section') as 'dialog',
        {
          role: 'dialog',
          ariaLabel: title,
          tabIndex: -1,
          className: `w ${layout}${root.firstChild ? '' : ' n'}`,
        },
        h(
          'div', // what is pressed on the dialog itself is the backdrop
          {},
          h('button', { className: 'x', ariaLabel: close, onclick: () => end('close') }, '×'),
          h('h2', {}, title),
          ...kids,
        ),
      )
      // A new element for each view: what was not there cannot shift, however long the claim took (CLS 0).
      root.replaceChildren(card)
      if (modal) {
        // Pressed *and* released outside, so that selecting text across the edge closes nothing.
        let down: EventTarget | null
        card.onpointerdown = (event) => {
          down = event.target
        }
        card.onclick = (event) => {
          if (event.target === card && down === card) end('outside')
        }
        // Escape never comes here (see key): this is the back gesture of a phone, without touching the history.
        card.onclose = () => end('back')
      } else card.popover = 'manual'
      // The first view is not on the page yet, and after the last one the host is gone: an answer may come too late.
      if (host.isConnected) up()
    },
    end,
    remove,
    host,
  }
}
