// The public config of the shop, and what the tag itself says. Everything here is fixed for the life of the page.
import { guard } from './guard.ts'
import type { Config } from './types.ts'

/** The edge puts the config here. Used once, since it is replaced as text. */
declare const __HEIMTA_CONFIG__: Config

export const config = __HEIMTA_CONFIG__

/** Which tag it came from: known only while the script is evaluated, which is before all of this runs (bundle.mjs). */
declare const heimtaTag: HTMLScriptElement | null

export const tag = heimtaTag

/** Where the edge is. */
export const edge = tag?.src.split('/', 3).join('/') as string

/** What belongs to the shop is under it: under a path that the merchant has made up, if they have. */
export const shopUrl = edge + (config.path || `/s/${config.shop}`)

/** The merchant's own visit: never held out, never counted in lift. */
export const isPreview = tag?.hasAttribute('data-heimta-preview') as boolean

export const isTouch = matchMedia('(pointer:coarse)').matches

export const device = isTouch ? 'touch' : 'pointer'

/** Global Privacy Control: a no until the shopper says otherwise. */
export const gpc = (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl

/** The page's own language if the shop speaks it, else the browser's, else the shop's first. */
export const lang = guard(() =>
  [document.documentElement.lang, navigator.language, config.languages[0] as string]
    .map((full) => full.toLowerCase().split('-')[0] as string)
    .find((one) => config.languages.includes(one)),
)() as string
