// What a consent banner that speaks IAB TCF 2.2 or later has been told.
// We act for the shop and are no vendor of the list, so the purposes count. Analytics is 1, store and read on the device,
// with 8, measure how content performs: it is the shop's own pages that are measured, not advertising (7). Marketing is 1
// with 3 and 4: a message about what was left behind is made from a profile (3), and is chosen by it (4). Both, since
// either no is a no. Legitimate interest is no consent.
import type { Said } from './consent-mode.ts'

export interface TcData {
  eventStatus?: string
  /** undefined: not known yet */
  gdprApplies?: boolean
  purpose?: { consents?: Record<number, boolean> }
}

/** isBarred: a yes that is not the shopper's own does not count. */
export const readTcf = ({ eventStatus, gdprApplies, purpose }: TcData, isBarred?: boolean): Said => {
  // Where the law does not apply, no banner is shown, and there is nothing to wait for.
  if (gdprApplies === false) return isBarred ? undefined : { analytics: true, marketing: true }
  if (eventStatus === 'cmpuishown') return
  const { 1: store, 3: profile, 4: use, 8: measure } = purpose?.consents || {}
  return { analytics: !!(store && measure), marketing: !!(store && profile && use) }
}
