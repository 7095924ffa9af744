// Who may see a campaign. Everything given must hold; what is left out does not matter.
import type { Facts } from './facts.ts'
import type { Audience } from './types.ts'

/** `*` stands for any run of characters, as in /product/*. */
export const globMatches = (glob: string, path: string) =>
  new RegExp(`^${glob.replace(/[^\w*]/g, '\\$&').replace(/\*/g, '.*')}$`).test(path)

export const isIn = (want: Audience, { record, currency, path, device, lang }: Facts) => {
  const { cart, visits, push } = record
  // A cart in another currency is not more and not less than any amount: every comparison fails.
  const total = !cart ? 0 : cart.currency === currency ? cart.total_minor : Number.NaN
  const items = cart ? cart.lines.reduce((all, { qty }) => all + qty, 0) : 0
  const onPage = (glob: string) => globMatches(glob, path)
  const lists = (all: string[] | undefined, one: string) => !all?.length || all.includes(one)
  return (
    (want.min_cart_minor == null || total >= want.min_cart_minor) &&
    (want.max_cart_minor == null || total <= want.max_cart_minor) &&
    items >= (want.min_items || 0) &&
    (!want.pages?.length || want.pages.some(onPage)) &&
    !want.not_pages?.some(onPage) &&
    lists(want.devices, device) &&
    lists(want.languages, lang) &&
    (!want.visitors || want.visitors === 'all' || (want.visitors === 'new') === visits < 2) &&
    (!want.push || want.push === 'any' || (want.push === 'subscribed') === !!push)
  )
}
