// Where the overlay is: a pill in a corner that the page leaves free, and behind it a panel, opened by hand. Which corner,
// and whether it is open, is kept for the visit in the one word that the snippet looks for (sessionStorage.heimta).
import { h } from '../dom.ts'
import type { Tone } from './conditions.ts'

const MARK = 'heimta=debug'
const CORNERS = ['bottom end', 'bottom start', 'top end', 'top start']
const INSET = 16
const [WIDTH, HEIGHT] = [116, 44]

/** Changes only what differs: a text that is being read or selected stays as it is. */
export const say = (element: HTMLElement, text: string, tone?: Tone) => {
  if (element.textContent !== text) element.textContent = text
  if (tone && element.className !== tone) element.className = tone
}

/** Does the page need this corner? Whatever stays in its place there does: banners, bars, chat buttons. */
const isTaken = (corner: string, host: Element) => {
  const isRtl = getComputedStyle(document.documentElement).direction === 'rtl'
  const x = corner.includes('end') !== isRtl ? innerWidth - INSET - WIDTH : INSET
  const y = corner.includes('bottom') ? innerHeight - INSET - HEIGHT : INSET
  const points = [0, 0.5, 1].map((part) => [x + WIDTH * part, y + HEIGHT / 2] as const)
  return points.some(([px, py]) =>
    document
      .elementsFromPoint(px, py)
      .filter((element) => element !== host)
      .slice(0, 1)
      .some((top) => {
        for (let one: Element | null = top; one; one = one.parentElement)
          if (
            /fixed|sticky/.test(getComputedStyle(one).position) ||
            /^heimta/.test(one.localName) ||
            one.matches('a,button,input,select,dialog,[popover]')
          )
            return true
        return false
      }),
  )
}

/** close: ends the debugging of this visit. */
export const createPanel = (host: HTMLElement, parts: HTMLElement[], about: string, close: () => void) => {
  const kept = `${sessionStorage.heimta}`
  let corner = CORNERS.find((one) => kept.includes(one))
  let isOpen = kept.includes('open')
  const button = (label: string, text: string, onclick: () => void) =>
    h('button', { ariaLabel: label, title: label, onclick }, text)
  const pill = h('button', { id: 'p' }, 'Heimta')
  const body = h(
    'div',
    { id: 'b', tabIndex: 0, ariaLabel: 'What Heimta sees' },
    ...parts,
    h('footer', {}, about),
  )
  const head = h(
    'header',
    {},
    h('h1', {}, 'Heimta', h('small', {}, 'Only you see this. It sends nothing.')),
    button('Move to another corner', '⤢', () => {
      corner = CORNERS[(CORNERS.indexOf(place) + 1) % 4]
      show()
    }),
    button('Fold', '–', () => toggle()),
    button('Close and end debugging', '×', close),
  )
  const panel = h('aside', { popover: 'manual', ariaLabel: 'Heimta debug' }, pill, head, body)
  let place = corner || ''

  const show = () => {
    place =
      corner ||
      (place && !isTaken(place, host) && place) ||
      CORNERS.find((one) => !isTaken(one, host)) ||
      'bottom end'
    panel.className = isOpen ? `open ${place}` : place
    pill.ariaExpanded = `${isOpen}`
    sessionStorage.heimta = [MARK, isOpen && 'open', corner].filter(Boolean).join(' ')
  }
  const toggle = () => {
    isOpen = !isOpen
    show()
    ;(isOpen ? body : pill).focus()
  }
  let end: (() => void) | undefined
  pill.onclick = () => (end || toggle)()
  panel.onkeydown = (event) => {
    if (event.key !== 'Escape' || !isOpen) return
    event.stopPropagation()
    toggle()
  }
  return {
    panel,
    /** As a pill it makes room for what comes later, such as a banner. Open, or put there by hand, it stays. */
    look: () => {
      if (!isOpen && !corner) show()
    },
    show,
    /** A preview begins, and is seen without us; or it is over, and we are back. */
    preview: (ends?: () => void) => {
      end = ends
      pill.textContent = end ? 'End preview' : 'Heimta'
      isOpen = !end
      show()
    },
  }
}
