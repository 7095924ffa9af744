// What every sign of leaving must pass, how weak signs add up, and who watches for them. A sign has a kind and a
// score from 0 (means nothing) to 1 (no doubt).
import { device, isTouch } from '../config.ts'
import { core } from '../core.ts'
import { on } from '../guard.ts'
import { track } from '../outbox.ts'
import { watchPointerExit } from './exit-pointer.ts'
import { watchReturn } from './exit-return.ts'
import { watchTouchExit } from './exit-touch.ts'
import { expect, settle } from './next.ts'

export type Tell = (score: number, kind: string) => unknown

const MIN_STAY_MS = 3000
const AFTER_CLICK_MS = 2500 // the next page may be on its way, or a context menu open
const REST_MS = 2000
const MEMORY_MS = 60_000 // signs add up for so long
const ENOUGH = 0.5

/** A dialog that can be seen: hidden ones stay in the page, and a look at their place tells them from open ones. */
const isOpen = (dialog: Element) => {
  const { x, y, width, height } = dialog.getBoundingClientRect()
  return dialog.contains(document.elementFromPoint(x + width / 2, y + height / 2))
}

const isCovered = () =>
  [...document.querySelectorAll('dialog[open],[aria-modal=true],[popover]')].some(isOpen)

const createGate = (): Tell => {
  let clicked = 0
  let heard = 0
  let told = 0
  let doubt = 1
  let busy: EventTarget | null // what was clicked or typed in last, unless it is done: an entry, a choice from a list
  on(document, 'click contextmenu', () => {
    clicked = Date.now()
  })
  on(document, 'change pointerdown keydown', ({ type, target }: Event) => {
    busy = type === 'change' ? null : target
  })
  return (score, kind) => {
    const now = Date.now()
    const { activeElement: active, fullscreenElement, hidden } = document
    if (
      now - core.pageAt < MIN_STAY_MS ||
      now - clicked < AFTER_CLICK_MS ||
      now - told < REST_MS ||
      hidden ||
      fullscreenElement
    )
      return
    // The browser's list of earlier entries may be open, or a list of choices. Not so in a field that the page focused.
    if (active === busy && active?.matches(':read-write,select')) return
    if (isCovered()) return
    doubt = (now - heard < MEMORY_MS ? doubt : 1) * (1 - score)
    heard = now
    if (doubt > ENOUGH) return
    told = now
    const sign = { kind, score: +(1 - doubt).toFixed(2) }
    doubt = 1
    track('exit_intended', { device, ...sign }) // the stage hears of it, and may show something
    expect({ ...sign, shown: !!core.isShown })
  }
}

export const watchExit = () => {
  core.isCovered = isCovered // nothing of ours covers a dialog either, whatever it waits for
  const gate = createGate()
  /** The first page, come from elsewhere. Search engines punish what covers it on a phone. */
  const isLanding = () =>
    core.views < 2 && !!document.referrer && !document.referrer.startsWith(location.origin)
  const tell: Tell = (score, kind) => (isTouch && isLanding()) || gate(score, kind)
  on(document, 'pointermove pointerdown keydown', () => settle(false))
  if (isTouch) watchTouchExit(tell)
  else watchPointerExit(tell, isLanding)
  watchReturn(tell)
}
