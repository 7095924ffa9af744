// Tells that a shopper with a phone is about to leave: a hard fling back to the top after reading down (to reach the
// address bar), or a return after some time in another tab or app. The back button is never trapped.
import type { On } from '../guard.ts'

const MIN_STAY_MS = 3000
const AFTER_TAP_MS = 1000
const TOUCH_MS = 2000 // a fling coasts about as long; a jump made by the page has no finger before it
const PAUSE_MS = 100 // between two scroll events of one fling
const MIN_SPEED = 1.6 // px/ms
const FULL_SPEED = 5 // px/ms, scores 1
const MIN_FLING = 0.45 // of the screen's height
const MIN_DEPTH = 0.8 // of the screen's height
const AWAY_MS = 8000
const RETURN_SCORE = 0.6
const REST_MS = 2000

/** isLanding: the first page, come from elsewhere, where search engines punish what covers it. */
export const watchTouchExit = (
  on: On,
  started: () => number,
  isLanding: () => boolean,
  emit: (score: number) => void,
) => {
  let tapped = 0
  let touched = 0
  let hiddenAt = 0
  let last = 0
  let deepest = 0
  let height = 0
  let run = { y: 0, t: 0 }
  let before = { y: 0, t: 0 }

  const tell = (score: number) => {
    const now = Date.now()
    const isCalm = now - started() > MIN_STAY_MS && now - tapped > AFTER_TAP_MS && now - last > REST_MS
    if (!isCalm || isLanding()) return
    last = now
    emit(score)
  }

  on(document, 'click', () => {
    tapped = Date.now()
  })
  on(document, 'touchmove', () => {
    touched = Date.now()
  })
  on(document, 'scroll', () => {
    const here = { y: scrollY, t: Date.now() }
    // The address bar moves the page too: a screen that changes its height starts anew, and so do a turn and a pause.
    const goesOn = here.y < before.y && here.t - before.t < PAUSE_MS && height === innerHeight
    if (!goesOn) run = here
    height = innerHeight
    before = here
    deepest = Math.max(deepest, here.y)
    const way = run.y - here.y
    const speed = way / Math.max(1, here.t - run.t)
    // Below 0 is the rubber band at the top.
    if (here.y < 0 || deepest < MIN_DEPTH * height || way < MIN_FLING * height || speed < MIN_SPEED) return
    if (here.t - touched > TOUCH_MS) return
    deepest = here.y
    tell(Math.round(100 * Math.min(1, speed / FULL_SPEED)) / 100)
  })
  on(document, 'visibilitychange', () => {
    const now = Date.now()
    if (document.hidden) hiddenAt = now
    else if (hiddenAt && now - hiddenAt > AWAY_MS) tell(RETURN_SCORE)
  })
}
