// Tells that a mouse is on its way out through the top of the window, towards the tabs, the address or the close
// button. How fast it goes says little: those who only graze the edge are as fast. What says more is whether it stays
// beyond the edge. So the way out only decides how long it must stay there: less than half a second if it looks like
// leaving, seconds if it crawls, slants or shoots past everything that is up there.
import { guard, on } from '../guard.ts'
import type { Tell } from './exit.ts'

const WINDOW_MS = 80
const GAP_MS = 300 // a busy page may be told of no move for so long
const EDGE_PX = 20 // some browsers tell of the last place inside; also the width of a scrollbar
const CORNER_PX = 160 // back and reload: they lead away from the first page only
const STAY_MS = 460 // nearly all who graze the edge are back by then; an aimed click takes about as long
const BACK_MS = 300 // whoever goes for the corner of the first page, means it
const FULL_STEEP = 0.35 // sine of the angle: 20 degrees
const FULL_SPEED = 0.3 // px/ms
const PAST_SPEED = 1.6 // to a screen above this one
const PAST = 0.07 // six seconds there
const KEYS_MS = 1200
const KEYS_SCORE = 0.8

export const watchPointerExit = (tell: Tell, isLanding: () => boolean) => {
  let samples: { x: number; y: number; t: number }[] = []
  let timer: ReturnType<typeof setTimeout>

  const sample = ({ clientX: x, clientY: y }: MouseEvent) => {
    const t = Date.now()
    clearTimeout(timer) // it has come back
    const last = samples.at(-1)
    samples = samples.filter((old) => t - old.t < (old === last ? GAP_MS : WINDOW_MS))
    samples.push({ x, y, t })
  }

  on(document, 'pointermove', sample)
  on(document, 'mouseout', (event: MouseEvent) => {
    const { clientX: x, clientY: y } = event
    if (event.relatedTarget || y > EDGE_PX || event.buttons || x > innerWidth - EDGE_PX) return
    sample(event)
    const [first] = samples as [{ x: number; y: number; t: number }]
    const up = first.y - y
    const speed = up / (Date.now() - first.t || 1)
    const steep = up / (Math.hypot(up, x - first.x) || 1)
    const isPast = speed > PAST_SPEED
    const likely = Math.min(1, steep / FULL_STEEP) * (isPast ? PAST : Math.min(1, speed / FULL_SPEED))
    const stay = x > CORNER_PX || isPast ? STAY_MS : isLanding() && BACK_MS
    if (stay && likely > 0) timer = setTimeout(guard(tell), stay / likely, (1 + likely) / 2, 'pointer')
  })
  // The address, by keys; of the other keys that leave, pages are told nothing.
  on(document, 'keydown', ({ key, altKey, ctrlKey, metaKey }: KeyboardEvent) => {
    if (ctrlKey || metaKey ? key === 'l' : altKey && key === 'd')
      setTimeout(
        guard(() => document.hasFocus() || tell(KEYS_SCORE, 'keys')),
        KEYS_MS,
      )
  })
}
