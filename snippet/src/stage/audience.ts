// Who may see a campaign, as far as it is asked most: by the cart and by the page. Everything given must hold; what is left
// out does not matter. The rest is asked by a file of its own (rules/audience.ts).
import type { Visitor } from '../storage.ts'
import type { Audience } from '../types.ts'

export interface Surroundings {
  _record: Visitor
  /** the shop's currency */
  _currency: string
  /** of the page, without query */
  _path: string
  /** by the page's address, with query */
  _isAtCheckout: boolean
}

/** `*` stands for any run of characters, as in /product/*. */
export const globMatches = (glob: string, path: string) =>
  new RegExp(`^${glob.replace(/[^\w*]/g, '\\$&').replace(/\*/g, '.*')}$`).test(path)

export const isIn = (
  { min_cart_minor, max_cart_minor, min_items, pages, not_pages }: Audience,
  { _record: { cart }, _currency, _path, _isAtCheckout }: Surroundings,
) => {
  // The word is the server's for all pages of the checkout (rules/checkout_pages.py).
  const onPage = (glob: string) => (glob === 'checkout' ? _isAtCheckout : globMatches(glob, _path))
  // A cart in another currency, or of an unknown total, is neither more nor less than any amount: it fails both.
  const total = (cart ? (cart.currency === _currency ? cart.total_minor : undefined) : 0) as number
  return (
    (min_cart_minor === undefined || total >= min_cart_minor) &&
    (max_cart_minor === undefined || total <= max_cart_minor) &&
    (!min_items || (cart?.lines?.reduce((all, { qty }) => all + qty, 0) as number) >= min_items) &&
    (!pages || pages.some(onPage)) &&
    !not_pages?.some(onPage)
  )
}
