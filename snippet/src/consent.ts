// Whether anything may be stored or sent: the shopper's own word first, then the shop's setting.

import { look } from './campaigns.ts'
import { config, gpc } from './config.ts'
import type { Said } from './consent-mode.ts'
import { core, tell } from './core.ts'
import { load } from './load.ts'
import { close, isOpen, open, track } from './outbox.ts'
import { erase, keep, recall, record, reread } from './storage.ts'

const isImplied = config.consent === 'implied'
let isReady = false // the page has said all that it had to say before we came
let isWaiting = false
let begin: (() => void) | undefined // what waits for the first yes

// Global Privacy Control is a no until the shopper says otherwise.
const isAllowed = () => (record.consent.analytics ?? (isImplied && !gpc)) === true

const settle = () => {
  if (!isReady || isOpen || isWaiting || !isAllowed()) return
  keep()
  open()
  look()
  begin?.()
  begin = undefined
}

const stop = (told?: unknown, left?: { consent: { analytics: false } }) => {
  tell('erased', {})
  load('unsubscribe') // only of shops with push is there such a file
  close(told)
  erase(left)
}

/** Whatever else the page hands in, 'denied' for one, is no yes. */
const isYes = (said: unknown) => (said === undefined ? said : said === true)

export const hear = (said: Said) => {
  isWaiting ||= said === null
  if (!said) return
  const was = record.consent
  // What is not mentioned stays as it was, and only a word about analytics ends the waiting for one.
  if (said.analytics !== undefined) {
    isWaiting = false
    core.said = (window as { dataLayer?: unknown[] }).dataLayer?.length
  }
  const { analytics = was.analytics, marketing = was.marketing } = said
  record.consent = { analytics: isYes(analytics), marketing: isYes(marketing) }
  const isNo = record.consent.analytics === false
  // Nothing is told of marketing alone, as long as the shopper has not spoken: it would read as a no to the rest.
  const isNews = JSON.stringify(was) !== JSON.stringify(record.consent)
  if (isNews && !record.consent.marketing) record.known = 0 // the edge forgets who it is
  if (isNews && (isNo || isAllowed()))
    track('consent_changed', { analytics: !isNo, marketing: !!record.consent.marketing })
  if (!isNo) settle()
  // The next page must know of the no: there a banner's default may be a yes.
  else if (was.analytics !== false) stop(recall(), { consent: { analytics: false } })
}

/** begin: run once, when there is consent. */
export const ready = (run: () => void) => {
  isReady = true
  begin = run
  settle()
}

/** Another tab or page has written: where it has erased, this one follows; where it was told a yes, this one begins. */
export const follow = () => {
  reread(() => stop())
  settle()
}
