// Help with the checkout's fields, each kind by its own switch: what they are for, what is wrong with them, and what was
// in them last time.
import type { Core } from '../../snippet/src/core.ts'
import { guard } from '../../snippet/src/guard.ts'
import type { Tweaks } from './checkout.ts'
import type { CheckoutContent } from './content/checkout.ts'
import { explainErrors } from './tweaks/errors.ts'
import { tellFields } from './tweaks/fields.ts'
import { rememberFields } from './tweaks/remember.ts'

let core: Core
heimta('plugin', (lent) => {
  core = lent
})

const help: Tweaks = (hand, ctx) => {
  const { fields, errors, remember } = ctx.content as CheckoutContent
  if (fields) guard(tellFields)(hand)
  if (errors) guard(explainErrors)(hand, ctx)
  if (remember) guard(rememberFields)(hand, ctx, core)
}
heimta('widget', 'checkout-form', help)
