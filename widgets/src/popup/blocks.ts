// What stands between a popup's words and its answers, besides the cart, and the kinds that are more than a card: each
// block is a few elements, made by DOM calls. rules/contents/popup.py has put into it what it draws: words, icons.
import type { Claim, WidgetContext } from '../../../snippet/src/types.ts'
import type { Block, PopupContent } from '../content/popup.ts'
import { h, web } from '../dom.ts'
import { ask } from './ask.ts'
import { countDown } from './clock.ts'
import type { Kit } from './popup.ts'
import { svg } from './svg.ts'

// A bar is one row where there is room. What is longer than the screen scrolls under the answers, which stay in sight.
// --t: from which side each comes.
const css =
  '.w{scroll-padding-bottom:96px}' +
  '.r{position:sticky;bottom:0;margin:0 calc(-1*var(--p)) calc(-1*var(--p));padding:0 var(--p) var(--p);background-color:var(--s)}' +
  '.sheet,[class*=bar]{inset:auto 0 0;max-width:640px;margin:auto;border-radius:var(--r) var(--r) 0 0}' +
  '[class*=bar]{max-width:none;border-radius:0}' +
  '.bar_top{--t:0 -20px;inset:0 0 auto}' +
  // At the side where shops have the picture, and not their price and "Add to cart".
  '@media(min-width:480px){.slide{--t:-40px;inset:0;inset-inline-end:auto;height:fit-content;margin:auto 0;' +
  'border-start-start-radius:0;border-end-start-radius:0}}' +
  '@media(min-width:900px){[class*=bar]>div{display:flex;align-items:center;gap:24px;max-width:1200px;margin:auto;padding-block:12px}' +
  '[class*=bar] :is(h2,p,.r,.x,time){margin:0;padding:0}' +
  '[class*=bar] .r{margin-inline-start:auto}' +
  '[class*=bar] :is(.r,.r>*,.x){flex:none}' +
  '[class*=bar] .r>*{padding-inline:24px}' +
  '[class*=bar] .x{order:1}}' +
  '.reassurance{font-size:.9em;color:var(--q)}' +
  '.offer,time{text-align:center;font-size:1.5em;font-weight:700}' +
  '.offer{padding:12px;border:2px dashed var(--a);border-radius:var(--r)}' +
  '.picture{height:auto;max-height:180px;margin-bottom:20px;border-radius:var(--r)}' +
  'svg{flex:none;width:24px;stroke:var(--a);stroke-width:2;fill:none}' +
  'label{display:flex;gap:12px;margin-bottom:12px}' +
  'input{flex:none;width:24px;height:24px;margin:0;accent-color:var(--a)}' +
  '.f{flex-direction:column;gap:6px}' +
  '.f input{box-sizing:border-box;width:100%;height:48px;padding:11px;border:1px solid;border-radius:var(--r);background:0 0;color:inherit;font:inherit}' +
  'time{display:block;margin-bottom:20px;font-variant-numeric:tabular-nums}'

/** A block with a file of its own: [its rules, what is shown, what shows a claim before its code]. */
export type Part<B> = (ctx: WidgetContext, block: B) => [string, Node, ((won: Claim) => Promise<Node[]>)?]

export const blocks = (kit: Kit) => {
  const { _ctx: ctx, _list, _end, _text } = kit
  const content = ctx.content as PopupContent
  let isReady = () => true
  let rules = css
  let won = async (_claim: Claim): Promise<Node[]> => []
  let ticks = false

  const make = (block: Block): Node[] => {
    if ('items' in block) {
      const items = block.items.map(({ d, text }) =>
        h(
          'li',
          {},
          svg('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, svg('path', { d })),
          ctx.text(text),
        ),
      )
      return [h('ul', { className: block.block }, ...items)]
    }
    if ('text' in block) return [h('p', { className: block.block }, ctx.text(block.text))]
    switch (block.block) {
      case 'cart':
        return [_list]
      case 'picture': {
        const { src, alt, width, height } = block
        return [h('img', { className: 'picture', src: web(src), alt: ctx.text(alt), width, height })]
      }
      case 'field': {
        const [check, ...nodes] = ask(kit, block)
        isReady = check
        return nodes
      }
      case 'countdown':
        ticks = true
        return []
      default:
        // What the shop's policy or an old browser forbids is left out, and the rest shows.
        try {
          const [more, node, show] = (ctx.part(block.block) as Part<Block>)(ctx, block)
          rules += more
          won = show || won
          return [node]
        } catch {
          return []
        }
    }
  }

  const nodes = content.blocks.flatMap(make)
  return {
    _css: rules,
    _nodes: nodes,
    /** Whether the button may do what it says. What only asks for an address is done with it. */
    _isReady() {
      const good = isReady()
      if (!good || content.claims) return good
      ctx.accepted()
      _end(_text('thanks'))
      return false
    },
    /** The prize is shown first; then what the view of the code gets besides. */
    async _won(claim: Claim) {
      const prize = await won(claim)
      return ticks ? [...prize, countDown(claim, () => _end(_text('over')))] : prize
    },
  }
}
export type Blocks = typeof blocks
