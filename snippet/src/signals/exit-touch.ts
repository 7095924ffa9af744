// Tells that a shopper with a phone is about to leave, from signs that mean little alone: a hard fling back to the top
// after reading down (to reach the address bar) after which nothing is tapped or read, a phone put down with a full cart.
import { knownCart } from '../cart.ts'
import { guard, on } from '../guard.ts'
import type { Tell } from './exit.ts'

const TOUCH_MS = 2000 // a fling coasts about as long; a jump made by the page has no finger before it
const FRAME_MS = 16
const PAUSE_MS = 100 // between two scroll events of one fling
const MIN_SPEED = 1.6 // px/ms
const FULL_SPEED = 4 // px/ms, scores 1
const MIN_FLING = 0.45 // of the screen's height
const MIN_DEPTH = 0.8 // of the screen's height
const SETTLE_MS = 1200 // whoever wants the shop's own menu has tapped it by then, which vetoes this
const IDLE_MS = 30_000
const IDLE_SCORE = 0.35

export const watchTouchExit = (tell: Tell) => {
  let touched = 0
  let deepest = 0
  let height = innerHeight
  let last = { y: 0, t: 0 }
  let from = 0 // where this fling began
  let top = 0 // its speed
  let fling = 0 // its score
  let timer: ReturnType<typeof setTimeout>

  const wait = (score: number) => {
    fling = score
    clearTimeout(timer)
    timer = setTimeout(due, fling ? SETTLE_MS : IDLE_MS)
  }
  const due = guard(() => {
    if (fling) tell(fling, 'fling')
    else if (knownCart()) tell(IDLE_SCORE, 'idle')
    fling = 0
  })

  on(document, 'touchstart touchend', () => {
    touched = Date.now()
    wait(fling)
  })
  // The address bar moves the page too: a screen that changes its height starts anew, and so do a turn and a pause.
  on(window, 'resize', () => {
    height = innerHeight
    last = { y: 0, t: 0 }
  })
  on(document, 'scroll', () => {
    const y = scrollY
    const t = Date.now()
    const speed = (last.y - y) / (t - last.t || FRAME_MS)
    if (speed <= 0 || t - last.t > PAUSE_MS) {
      top = 0
      from = y
    }
    // Coasts on, or reads on. Below 0 is the rubber band at the top.
    if (fling) wait(speed < 0 && last.y >= 0 ? 0 : fling)
    top = Math.max(top, speed)
    deepest = Math.max(deepest, y)
    last = { y, t }
    const isFling = from - y > MIN_FLING * height && top > MIN_SPEED && t - touched < TOUCH_MS
    if (!isFling || deepest < MIN_DEPTH * height || y < 0) return
    deepest = y
    wait(Math.min(1, top / FULL_SPEED))
  })
}
