// Tells that a shopper with a phone is about to leave: a hard fling back to the top after reading down (to reach the
// address bar), or a return after some time in another tab or app. The back button is never trapped.
import { on } from '../guard.ts'

const TOUCH_MS = 2000 // a fling coasts about as long; a jump made by the page has no finger before it
const PAUSE_MS = 100 // between two scroll events of one fling
const MIN_SPEED = 1.6 // px/ms
const FULL_SPEED = 5 // px/ms, scores 1
const MIN_FLING = 0.45 // of the screen's height
const MIN_DEPTH = 0.8 // of the screen's height
const AWAY_MS = 8000
const RETURN_SCORE = 0.6

export const watchTouchExit = (tell: (score: number) => void) => {
  let touched = 0
  let hiddenAt = 0
  let deepest = 0
  let height = 0
  let run = { y: 0, t: 0 }
  let before = run

  on(document, 'touchmove', () => {
    touched = Date.now()
  })
  on(document, 'scroll', () => {
    const now = { y: scrollY, t: Date.now() }
    // The address bar moves the page too: a screen that changes its height starts anew, and so do a turn and a pause.
    if (now.y >= before.y || now.t - before.t > PAUSE_MS || height !== innerHeight) run = now
    height = innerHeight
    before = now
    deepest = Math.max(deepest, now.y)
    const way = run.y - now.y
    const speed = way / (now.t - run.t || 1)
    const isFling = way > MIN_FLING * height && speed > MIN_SPEED && now.t - touched < TOUCH_MS
    // Below 0 is the rubber band at the top.
    if (!isFling || deepest < MIN_DEPTH * height || now.y < 0) return
    deepest = 0
    tell(speed / FULL_SPEED)
  })
  on(document, 'visibilitychange', () => {
    const now = Date.now()
    if (document.hidden) hiddenAt = now
    else if (hiddenAt && now - hiddenAt > AWAY_MS) tell(RETURN_SCORE)
  })
}
