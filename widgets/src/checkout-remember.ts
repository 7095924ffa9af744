// What was in the checkout's fields last time, for shoppers who have ticked that this browser may keep it.
import type { Core } from '../../snippet/src/core.ts'
import type { Tweaks } from './checkout.ts'
import { rememberFields } from './tweaks/remember.ts'

let core: Core
heimta('plugin', (lent) => {
  core = lent
})

const help: Tweaks = (hand, ctx) => rememberFields(hand, ctx, core)
heimta('widget', 'checkout-remember', help)
