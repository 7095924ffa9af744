// The wheel: its slices are as wide as their odds, and the odds stand beside it in words. What it shows was dealt by the
// server (rules/prizes.py); it never stops short of a prize, and turns once. Who wants no motion sees the prize at once.
import type { Core } from '../../snippet/src/core.ts'
import type { Claim, Text } from '../../snippet/src/types.ts'
import type { PopupContent, Reveal } from './content/popup.ts'
import { h } from './dom.ts'
import type { Part } from './popup/blocks.ts'
import { svg } from './popup/svg.ts'

const TURN_MS = 4000
const LOOK_MS = 1000 // to see where it stopped
const TURNS = 5

/** Within a popup's own sheet, which has svg and li already. */
const css =
  '.wheel{display:flex;flex-wrap:wrap;align-items:center;justify-content:center;gap:20px 28px;margin-bottom:24px}' +
  '.wheel ul{flex:1 1 9em;margin:0}' +
  '.disc{position:relative;margin:8px 4px 4px;border-radius:50%;outline:3px solid var(--a);outline-offset:3px}' +
  '.disc svg{display:block;width:176px;stroke-width:32}' +
  '.disc svg+svg{position:absolute;top:-10px;left:74px;width:28px;fill:var(--i);stroke:var(--s);stroke-width:2}' +
  'li svg{stroke-width:16}'

const percentIn = (lang: string) => new Intl.NumberFormat([lang, 'de'], { style: 'percent' })

const reveal: Part<Reveal> = (ctx, { prizes }) => {
  const { labels } = ctx.content as PopupContent
  const percent = percentIn(ctx.lang)
  const paint = (n: number) => `${1 - (n / prizes.length) * 0.8}`

  let from = 25 // twelve o'clock; of 100 around the wheel, clockwise
  const slices = prizes.map(({ odds }, n) => {
    const slice = svg('circle', {
      cx: '32',
      cy: '32',
      r: '16',
      pathLength: '100',
      // A hair less than the odds: the surface shows between two slices.
      'stroke-dasharray': `${odds - 0.6} ${100.6 - odds}`,
      'stroke-dashoffset': `${from}`,
      opacity: paint(n),
    })
    from -= odds
    return slice
  })
  const wheel = svg('svg', { viewBox: '0 0 64 64', 'aria-hidden': 'true' }, ...slices)
  const odds = prizes.map((prize, n) =>
    h(
      'li',
      {},
      svg(
        'svg',
        { viewBox: '0 0 24 24', 'aria-hidden': 'true' },
        svg('path', { d: 'M4 12h16', opacity: paint(n) }),
      ),
      h(
        'span',
        {},
        ctx.text(prize.text),
        h('small', {}, `${ctx.text(labels.odds as Text)} ${percent.format(prize.odds / 100)}`),
      ),
    ),
  )
  const pointer = svg(
    'svg',
    { viewBox: '0 0 24 24', 'aria-hidden': 'true' },
    svg('path', { d: 'M3 2h18l-9 18z' }),
  )

  const show = async ({ prize = -1 }: Claim) => {
    const won = prizes[prize]
    if (!won) return [] // a code from before the prizes changed: nothing here shows it
    const before = prizes.slice(0, prize).reduce((all, one) => all + one.odds, 0)
    const calm = matchMedia('(prefers-reduced-motion:reduce)').matches
    const rotate = `${360 * TURNS - 3.6 * (before + won.odds / 2)}deg`
    await wheel.animate([{ rotate: '0deg' }, { rotate }], {
      duration: calm ? 0 : TURN_MS,
      easing: 'cubic-bezier(.2,.8,.2,1)',
      fill: 'forwards',
    }).finished
    await new Promise((good) => setTimeout(good, LOOK_MS))
    return [h('p', { className: 'offer' }, ctx.text(won.text))]
  }
  return [
    css,
    h('div', { className: 'wheel' }, h('div', { className: 'disc' }, wheel, pointer), h('ul', {}, ...odds)),
    show,
  ]
}

heimta('widget', 'reveal', reveal)
// The browser opens its tables of percentages when it has time: at the moment of leaving they are a third of the wheel.
heimta('plugin', ({ lang, guard }: Core) =>
  (window.requestIdleCallback || setTimeout)(guard(() => percentIn(lang))),
)
