// Reads what a consent banner tells Google Tag Manager: Consent Mode v2, gtag('consent', 'default' | 'update', {…}).
import type { Consent } from './storage.ts'

/** A purpose that is not mentioned stays as it was; `null` says: wait for the shopper; undefined: nothing was said. */
export type Said = Partial<Consent> | null | undefined

/**
 * An update is the shopper's word. A default is not: a denied one, for some regions or all, means that the banner is still to
 * be answered (null); a granted one counts only for all regions, and banner.ts has more against it.
 */
// biome-ignore lint/suspicious/noExplicitAny: anything at all is pushed into dataLayer
export const readConsentMode = (entry: any): Said => {
  if (entry[0] !== 'consent') return
  const { analytics_storage, ad_storage, ad_user_data = ad_storage, region } = entry[2]
  const said: Said = {}
  if (analytics_storage) said.analytics = analytics_storage === 'granted'
  if (ad_user_data) said.marketing = ad_user_data === 'granted'
  if (entry[1] === 'update') return said
  if (said.analytics === false) return null
  return said.analytics && !region ? said : undefined
}
