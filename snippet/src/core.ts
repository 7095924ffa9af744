// What the snippet lends to the files that come later, the stage above all, and what it asks of it. Files built apart:
// no name in here is mangled.
import type { Visitor } from './storage.ts'
import type { Cart, Config, Mount } from './types.ts'

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
  onCart(listen: (cart: Cart | null) => void): () => void
  /** fetches a widget's file in idle time, once */
  load(name: string): void
  guard<A extends unknown[], R>(run: (...args: A) => R): (...args: A) => R | undefined
  /** whether there is consent: what is tracked before waits in memory */
  isOpen(): boolean
  /** Set by whoever wants to hear of every event as it is tracked (the debug overlay); unset on every other page. */
  tap?: (what: string, detail: object) => void
}

/** Filled by campaigns.ts; here, so that the outbox, which comes before it, can look for a tap. */
export const lent = {} as Core

/** What the stage may know of the instant at which it is asked. */
export interface Moment {
  /** the shopper is on the way out, just now */
  isLeaving: boolean
  isEngaged: boolean
  /** seen on this page view */
  seconds: number
}

export interface Stage {
  /** A signal, or a second has passed. */
  look(moment: Moment): void
  /** A widget's file has come. */
  add(name: string, mount: Mount): void
  /** Another page view: what was on the old page goes, and attention is whole again. */
  turn(): void
  /** Consent is withdrawn: everything goes. */
  clear(): void
}

export type OpenStage = (core: Core) => Stage
