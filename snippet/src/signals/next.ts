// Tells what the visitor did after a sign of leaving, so that the signs' precision can be read: gone within ten
// seconds, or untouched for so long, is left; the first move, tap or key in the page before that is stayed.
import type { Core } from '../core.ts'
import type { On } from './listen.ts'

const WAIT_MS = 10_000

export const createNext = (core: Core, on: On) => {
  let sign: object | undefined
  let at = 0
  let timer: ReturnType<typeof setTimeout>

  /** It is known now what they did. Nothing is told twice. */
  const settle = (left: boolean) => {
    if (sign) core.track('exit_followed', { ...sign, left, after_ms: Date.now() - at })
    clearTimeout(timer)
    sign = undefined
  }
  /** told: the sign's kind and score, and whether a campaign was shown. */
  const expect = (told: object) => {
    sign = told
    at = Date.now()
    timer = setTimeout(core.guard(settle), WAIT_MS, true)
  }
  const leave = () => {
    if (!sign) return
    settle(true)
    core.leave() // what was waiting has gone already
  }
  on(window, 'pagehide', leave)
  on(document, 'visibilitychange', () => {
    if (document.hidden) leave()
  })
  return { settle, expect }
}
