// Tells that a mouse is on its way out through the top of the window, towards the tabs, the address or the close button.
// A trajectory, not a place: fast, steep, just now, and not taken back within the grace time. So a hover over the
// browser's autocomplete list or an open <select> (no moves reach the page) and a drift along the edge stay silent.
import { guard, on } from '../guard.ts'

const WINDOW_MS = 150
const GRACE_MS = 180
const EDGE_PX = 20
const MIN_SPEED = 0.25 // px/ms, upwards
const FULL_SPEED = 1.5 // px/ms, straight up: scores 1
const MIN_STEEP = 0.5 // sine of the angle: 30 degrees

export const watchPointerExit = (tell: (score: number) => void) => {
  let samples: { x: number; y: number; t: number }[] = []
  let grace: ReturnType<typeof setTimeout> | undefined

  const sample = ({ clientX: x, clientY: y }: MouseEvent) => {
    const t = Date.now()
    clearTimeout(grace) // it has come back
    samples = [...samples.filter((old) => t - old.t < WINDOW_MS), { x, y, t }]
  }

  on(document, 'pointermove', sample)
  on(document, 'mouseout', (event: MouseEvent) => {
    if (event.relatedTarget || event.clientY > EDGE_PX || event.buttons || document.fullscreenElement) return
    sample(event)
    const [first] = samples as [{ x: number; y: number; t: number }]
    const up = first.y - event.clientY
    const speed = up / (Date.now() - first.t || 1)
    const steep = up / (Math.hypot(up, event.clientX - first.x) || 1)
    if (speed > MIN_SPEED && steep > MIN_STEEP)
      grace = setTimeout(guard(tell), GRACE_MS, (steep * speed) / FULL_SPEED)
  })
}
