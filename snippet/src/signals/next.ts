// Tells what the visitor did after a sign of leaving, so that the signs' precision can be read: gone within ten
// seconds, or untouched for so long, is left; the first move, tap or key in the page before that is stayed.
import { guard } from '../guard.ts'
import { track } from '../outbox.ts'

const WAIT_MS = 10_000

let sign: object | undefined
let at = 0
let timer: ReturnType<typeof setTimeout>

/** It is known now what they did. Nothing is told twice. */
export const settle = (left: boolean) => {
  if (sign) track('exit_followed', { ...sign, left, after_ms: Date.now() - at })
  clearTimeout(timer)
  sign = undefined
}

/** told: the sign's kind and score, and whether a campaign was shown. */
export const expect = (told: object) => {
  sign = told
  at = Date.now()
  timer = setTimeout(guard(settle), WAIT_MS, true)
}
