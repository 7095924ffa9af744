// What the snippet lends to the files that come later, the stage above all, and what it asks of it. Files built apart:
// no name in here is mangled.
import type { hear } from './consent.ts'
import { guard } from './guard.ts'
import type { Moments } from './rules/moments.ts'
import type { Visitor } from './storage.ts'
import type { Campaign, Config } from './types.ts'

export interface Core {
  config: Config
  edge: string
  lang: string
  device: 'pointer' | 'touch'
  /** the merchant's own visit */
  isPreview: boolean
  nonce: string
  /** the record as it is now: consent withdrawn or another tab may replace it */
  visitor(): Visitor
  save(): void
  track(name: string, props: object): void
  /** fetches a widget's file in idle time, once */
  load(name: string): void
  /** a script's address, good under Trusted Types too */
  trust(url: string): string
  /** {edge}/s/{shop}, or the shop's own path: batches go there, and under it what belongs to the shop */
  shopUrl: string
  guard<A extends unknown[], R>(run: (...args: A) => R): (...args: A) => R | undefined
  /** whether there is consent: what is tracked before waits in memory */
  isOpen(): boolean
  /** how much there was in dataLayer when somebody last spoke of analytics in this document */
  said?: number | undefined
  /** page views in this document */
  views: number
  /** whether this page is the checkout, by its address */
  isCheckout(): boolean
  /** ms, when this page view began */
  pageAt: number
  /** the page may be gone in a moment: hands over what waits, and writes down what is known */
  leave(): void
  /** seen on this page view */
  seconds: number
  /** something of ours interrupts the shopper; set by the stage */
  isShown?: boolean | undefined
  /** something has interrupted on this page view; set by the stage */
  isSpent?: boolean
  /** a dialog of the page is open; set by the signs of leaving */
  isCovered?: () => boolean
  /** what the stage has decided of a campaign: an arm, or its word for why not (stage/decide.ts) */
  why?: (campaign: Campaign) => [number, number] | string
  /** a later file has come, with what it gives: the stage takes it */
  widget?: (name: string, part: unknown) => void
  /** what later files have given, by their names; set by the stage */
  parts: Record<string, unknown>
  /** campaigns that were met on this page view; set by the stage */
  here?: Set<string>
  /** has the stage look again */
  look?: (isLeaving: boolean) => void
  /** what the rare conditions ask for; set by the file `rules` */
  moments?: Moments
  /** on this page view an order was told: 2; or again one that was told before, and a checkout it is none either: 1 */
  ordered: number | string
  /** takes everything of ours off the page; set by the stage */
  remove?: () => void
  /** the shopper has tapped, clicked, typed or scrolled */
  isEngaged: boolean
  /**
   * Who wants to hear of every event as it is tracked, by its name. Also of 'second', another one was seen and there is
   * consent; and of 'erased', consent is gone and everything with it.
   */
  taps: ((what: string, props: object) => void)[]
  /** heimta('consent' | 'plugin', …); lend.ts has what else the page may say */
  consent: typeof hear
  plugin(open: (core: Core) => void): void
}

/** What later files are lent. Filled by lend.ts; here, so that the outbox, which comes before it, finds the taps. */
export const core = { taps: [], views: 0 } as unknown as Core

/** A tap that fails costs neither the event nor the other taps. */
export const tell = (what: string, props: object) => {
  for (const tap of core.taps) guard(tap)(what, props)
}
