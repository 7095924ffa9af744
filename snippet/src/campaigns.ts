// Counts the time, and calls for the stage once there is someone to play for. The stage (stage.ts) decides and shows;
// it is a file of its own, fetched early and idly, so that whoever bounces has not paid for it.
import { onCart } from './cart.ts'
import { config, device, edge, isPreview, lang, tag } from './config.ts'
import { type Core, lent, type OpenStage, type Stage } from './core.ts'
import { guard } from './guard.ts'
import { load } from './load.ts'
import { isOpen, track } from './outbox.ts'
import { record, save } from './storage.ts'
import type { Mount } from './types.ts'

const TICK_MS = 1000

let stage: Stage | undefined
let timer: ReturnType<typeof setInterval> | undefined
let isEngaged = false
let seconds = 0

/** Only while there is consent, and only a page that is seen. */
const look = (isLeaving: boolean) => {
  if (!timer || document.hidden) return
  // On the checkout page at once: what is to be hidden there should not be seen.
  const isCheckout = location.pathname.startsWith(config.urls.checkout)
  if (isCheckout) load('watch')
  if (isCheckout || isEngaged || seconds > 1) load('stage')
  stage?.look({ isLeaving, isEngaged, seconds })
}

const tick = guard(() => {
  if (!document.hidden) seconds++
  look(false)
})

export const start = () => {
  timer = setInterval(tick, TICK_MS)
  look(false)
}

export const stop = () => {
  timer = clearInterval(timer) as undefined
  stage?.clear()
}

/** Another page view. */
export const turn = () => {
  seconds = 0
  stage?.turn()
  look(false)
}

export const engage = () => {
  isEngaged = true
}

export const exit = () => look(true)

/** What later files are lent. */
export const core: Core = Object.assign(lent, {
  config,
  edge,
  lang,
  device,
  isPreview,
  nonce: tag?.nonce || '',
  visitor: () => record,
  save,
  track,
  onCart,
  load,
  guard,
  isOpen: () => isOpen,
})

/** The stage's file has come. */
export const setStage = (open: OpenStage) => {
  stage = open(core)
  look(false)
}

/** A widget's file has come; only the stage asks for them. */
export const addWidget = (name: string, mount: Mount) => {
  stage?.add(name, mount)
  look(false)
}
