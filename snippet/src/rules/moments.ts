// What the rare conditions ask for and nobody else remembers: where the visit came from, what happened on this page view,
// what the shop has said of the shopper. Looked at by the debug overlay, which is built apart: no name is mangled.

/** ms that something which just happened is worth waiting with: for a file, a field, a dialog to be done. */
export const MOMENT_MS = 10_000

export interface Moments {
  /** the host from which the visit came, 'direct', or '' where that was not seen */
  ref: string
  utm: string
  /** what the shop has said: heimta('attributes', {…}) */
  attributes: Record<string, string>
  /** of the last sign of leaving */
  score: number
  /** % of the page that were seen */
  depth: number
  /** ms, the last sign of life */
  alive: number
  /** an order was told on this page view */
  isOrdered: boolean
  /** ms, when something was put into the cart */
  added: number
  /** campaign -> ms, when its click or the shop's call came */
  called: Record<string, number>
}

/** What a page view begins with. What was added stays for its moment: many shops lead on to the cart. */
export const fresh = (now: number) => ({
  score: 0,
  depth: 0,
  alive: now,
  isOrdered: false,
  called: {},
})
