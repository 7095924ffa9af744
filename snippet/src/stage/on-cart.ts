// Tells a file that came later of the cart: now, and whenever it has changed.
import type { Core } from '../core.ts'
import type { Cart } from '../types.ts'

/** Returns its own unbind. */
export const onCart = (core: Core, listen: (cart: Cart | null) => void) => {
  const show = () => listen(core.visitor().cart || null)
  const tap = (what: string) => {
    if (/cart|order/.test(what)) show()
  }
  core.taps.push(tap)
  show()
  return () => {
    core.taps = core.taps.filter((one) => one !== tap)
  }
}
