// Whether anything may be stored or sent: the shopper's own word first, then the shop's setting.
import type { Consent, Visitor } from './storage.ts'

/** A purpose that is not mentioned stays as it was; `null` says: wait for the shopper; undefined: nothing was said. */
export type Said = { analytics?: boolean | undefined; marketing?: boolean | undefined } | null | undefined

const yes = (value: unknown) => (value === undefined ? undefined : value === 'granted')

/**
 * Reads a Google Consent Mode v2 entry: arguments of gtag('consent', 'default' | 'update', {…}).
 * An update is the shopper's word. A default is not: a granted one counts only without the browser's
 * Global Privacy Control and for all regions; a denied one means that the shop's banner is still to be answered.
 */
export const readConsentMode = (entry: ArrayLike<unknown>, gpc: boolean): Said => {
  if (entry[0] !== 'consent') return
  const state = (entry[2] || {}) as Record<string, unknown>
  const analytics = yes(state.analytics_storage)
  const said = { analytics, marketing: yes(state.ad_user_data ?? state.ad_storage) }
  if (entry[1] === 'update') return said
  if (analytics === undefined) return
  return analytics ? (gpc || state.region ? undefined : said) : null
}

/** start: may store and send from here on. withdraw: say so for the last time, erase everything, stop. */
export const createConsent = (
  mode: 'ask' | 'implied',
  gpc: boolean,
  record: Visitor,
  start: () => void,
  withdraw: (consent: Consent) => void,
  changed: (consent: Consent) => void,
) => {
  let isReady = false
  let isWaiting = false
  let isStarted = false

  const settle = () => {
    // Global Privacy Control is a no until the shopper says otherwise.
    const isAllowed = !isWaiting && (record.consent ? record.consent.analytics : mode === 'implied' && !gpc)
    if (!isReady || isStarted || !isAllowed) return
    isStarted = true
    start()
  }

  return {
    hear: (said: Said) => {
      if (said === undefined) return
      isWaiting = !said
      const old = record.consent
      if (!said) return
      const next = {
        analytics: said.analytics ?? old?.analytics ?? false,
        marketing: said.marketing ?? old?.marketing ?? false,
      }
      const isNews = next.analytics !== old?.analytics || next.marketing !== old.marketing
      if (next.analytics) {
        record.consent = next
        if (isNews) changed(next)
        settle()
      } else if (isNews) {
        isStarted = false
        withdraw(next)
        record.consent = next
      }
    },
    /** The page has said all it had to say before we came. */
    ready: () => {
      isReady = true
      settle()
    },
    /** Withdrawn in another tab. */
    lost: () => {
      isStarted = false
      record.consent = { analytics: false, marketing: false }
    },
  }
}
