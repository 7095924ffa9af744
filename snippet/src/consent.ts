// Whether anything may be stored or sent: the shopper's own word first, then the shop's setting.

import { stop as clear, start } from './campaigns.ts'
import { config, gpc } from './config.ts'
import type { Said } from './consent-mode.ts'
import { close, leave, open, track } from './outbox.ts'
import { erase, isErased, keep, record } from './storage.ts'

const isImplied = config.consent === 'implied'
let isReady = false // the page has said all that it had to say before we came
let isWaiting = false
let isStarted = false

const settle = () => {
  // Global Privacy Control is a no until the shopper says otherwise.
  const isAllowed = record.consent ? record.consent.analytics : isImplied && !gpc
  if (!isReady || isStarted || isWaiting || !isAllowed) return
  isStarted = true
  keep()
  open()
  start()
}

const stop = () => {
  isStarted = false
  clear()
  close()
  // Where consent is implied, the next page must know of the no.
  erase(isImplied && { consent: { analytics: false, marketing: false } })
}

export const hear = (said: Said) => {
  if (said === undefined) return
  isWaiting = !said
  if (!said) return
  const { analytics, marketing } = { ...record.consent, ...said }
  // Whatever else the page hands in, 'denied' for one, is no yes.
  const consent = { analytics: analytics === true, marketing: marketing === true }
  if (JSON.stringify(consent) !== JSON.stringify(record.consent)) {
    record.consent = consent
    // The last thing told is the no itself: else messages would go on.
    if (!consent.analytics && record.vid && !isStarted) {
      close()
      open()
    }
    track('consent_changed', consent)
  }
  if (consent.analytics) settle()
  else if (record.vid) {
    leave()
    stop()
  }
}

export const ready = () => {
  isReady = true
  settle()
}

/** Another tab has written; where it has erased, this one follows. */
export const follow = () => {
  if (isErased()) stop()
}
