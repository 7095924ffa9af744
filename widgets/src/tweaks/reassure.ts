// What a shopper wants to be sure of before the last button: the merchant's own words, with a drawing of ours each.
import type { Text, WidgetContext } from '../../../snippet/src/types.ts'
import { h } from '../dom.ts'
import { one, payButton } from './find.ts'
import type { Hand } from './hand.ts'

/** Drawn on 24 by 24, by lines alone: they take the colour of the text. */
const LINES: Record<string, string> = {
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2',
  returns: 'M5 9h9a5 5 0 0 1 0 10H8M9 5 5 9l4 4',
  truck: 'M2 7h12v9H2zM14 10h4l3.500 3v3H14M6.500 18.500a2 2 0 1 0 0-.1M17 18.500a2 2 0 1 0 0-.1',
  shield: 'M12 3l8 3v5.500c0 4.500-3.300 8-8 9.500-4.700-1.500-8-5-8-9.500V6zM8.500 12l2.500 2.500 4.500-5',
  chat: 'M4 5h16v11h-9l-4.500 4v-4H4zM8 10.500h8',
  leaf: 'M5 19c0-9 5-14 15-14 0 10-5 14-12 14M5 19c2-4 5-6.500 9-8.500',
}
const CSS =
  ':host{display:block;clear:both;margin:16px 0;font:inherit;color:inherit;text-align:start}' +
  'ul{display:flex;flex-wrap:wrap;gap:8px 24px;margin:0;padding:0;list-style:none}' +
  'li{display:flex;gap:10px;align-items:center;font-size:.9em;line-height:1.4}' +
  'svg{flex:none;width:22px;height:22px;fill:none;stroke:currentColor;stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round;opacity:.8}'

const NS = 'http://www.w3.org/2000/svg'
const draw = (lines: string) => {
  const svg = document.createElementNS(NS, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(NS, 'path')
  path.setAttribute('d', lines)
  svg.append(path)
  return svg
}

export const reassure = (
  { css, settle }: Hand,
  ctx: WidgetContext,
  given: { near: string; items: { icon: string; text: Text }[] },
) => {
  const host = h('heimta-reassurance' as 'div', { lang: ctx.lang })
  const root = host.attachShadow({ mode: 'open' })
  css(root, CSS)
  root.append(
    h(
      'ul',
      { role: 'list' },
      ...given.items.map(({ icon, text }) => h('li', {}, draw(LINES[icon] ?? ''), ctx.text(text))),
    ),
  )
  // After it, so that the button stays where it was.
  settle(host, () => one(given.near) || payButton(), true)
}
