// Who may see a campaign. Everything given must hold; what is left out does not matter.
import type { Visitor } from '../storage.ts'
import type { Audience } from '../types.ts'

export interface Surroundings {
  _record: Visitor
  /** the shop's currency */
  _currency: string
  /** of the page, without query */
  _path: string
  _device: 'pointer' | 'touch'
  _lang: string
}

/** `*` stands for any run of characters, as in /product/*. */
export const globMatches = (glob: string, path: string) =>
  new RegExp(`^${glob.replace(/[^\w*]/g, '\\$&').replace(/\*/g, '.*')}$`).test(path)

export const isIn = (
  {
    min_cart_minor,
    max_cart_minor,
    min_items,
    pages,
    not_pages,
    devices,
    languages,
    visitors,
    push,
  }: Audience,
  { _record: { cart, visits, push: isSubscribed }, _currency, _path, _device, _lang }: Surroundings,
) => {
  const onPage = (glob: string) => globMatches(glob, _path)
  // A cart in another currency is neither more nor less than any amount: it fails both.
  const total = cart ? (cart.currency === _currency ? cart.total_minor : Number.NaN) : 0
  return (
    (min_cart_minor === undefined || total >= min_cart_minor) &&
    (max_cart_minor === undefined || total <= max_cart_minor) &&
    (!min_items || (cart?.lines || []).reduce((all, { qty }) => all + qty, 0) >= min_items) &&
    (!pages?.length || pages.some(onPage)) &&
    !not_pages?.some(onPage) &&
    (!devices?.length || devices.includes(_device)) &&
    (!languages?.length || languages.includes(_lang)) &&
    visitors !== (visits < 2 ? 'returning' : 'new') &&
    push !== (isSubscribed ? 'unsubscribed' : 'subscribed')
  )
}
