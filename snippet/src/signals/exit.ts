// What every sign of leaving must pass: a stay that was more than a glance, no tap or click just made, and a rest.
import { on } from '../guard.ts'
import { pageAt } from '../page.ts'

const MIN_STAY_MS = 3000
const AFTER_CLICK_MS = 1000
const REST_MS = 2000

/** emit: with a score from 0 (barely) to 1 (no doubt). */
export const createGate = (emit: (score: number) => void) => {
  let clicked = 0
  let last = 0
  on(document, 'click', () => {
    clicked = Date.now()
  })
  return (score: number) => {
    const now = Date.now()
    if (now - pageAt < MIN_STAY_MS || now - clicked < AFTER_CLICK_MS || now - last < REST_MS) return
    last = now
    emit(+Math.min(1, score).toFixed(2))
  }
}
