// Tells that a mouse is on its way out through the top of the window, towards the tabs, the address or the close button.
// A trajectory, not a place: fast, steep, just now, and not taken back within the grace time. So a hover over the
// browser's autocomplete list or an open <select> (no moves reach the page) and a drift along the edge stay silent.
import type { On } from '../guard.ts'

const WINDOW_MS = 150
const GRACE_MS = 180
const MIN_STAY_MS = 3000
const AFTER_CLICK_MS = 1000
const MIN_SPEED = 0.25 // px/ms, upwards
const FULL_SPEED = 1.5 // px/ms, scores 1
const REST_MS = 2000 // between two signals

/** emit: with a score from 0 (barely) to 1 (fast and straight up). started: ms, when the page view began. */
export const watchPointerExit = (on: On, started: () => number, emit: (score: number) => void) => {
  let samples: { x: number; y: number; t: number }[] = []
  let clicked = 0
  let last = 0
  let grace: ReturnType<typeof setTimeout> | undefined

  const sample = ({ clientX: x, clientY: y }: MouseEvent, t: number) => {
    samples = [...samples.filter((old) => t - old.t < WINDOW_MS), { x, y, t }].slice(-6)
  }

  on(document, 'pointermove', (event: PointerEvent) => {
    clearTimeout(grace) // it has come back
    if (event.pointerType === 'mouse') sample(event, Date.now())
  })
  on(document, 'click', () => {
    clicked = Date.now()
  })
  on(document, 'mouseout', (event: MouseEvent) => {
    const now = Date.now()
    const isOut = !event.relatedTarget && event.clientY < 20 && !event.buttons && !document.fullscreenElement
    const isCalm = now - started() > MIN_STAY_MS && now - clicked > AFTER_CLICK_MS && now - last > REST_MS
    if (!isOut || !isCalm) return
    sample(event, now)
    const [first] = samples
    if (!first || samples.length < 2) return
    const up = first.y - event.clientY
    const speed = up / Math.max(1, now - first.t)
    const steep = up / Math.hypot(up, event.clientX - first.x)
    if (speed < MIN_SPEED || steep < 0.5) return
    clearTimeout(grace)
    grace = setTimeout(() => {
      last = Date.now()
      emit(Math.round(100 * steep * Math.min(1, speed / FULL_SPEED)) / 100)
    }, GRACE_MS)
  })
}
