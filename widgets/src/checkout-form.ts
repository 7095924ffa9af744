// Help with the checkout's fields, each kind by its own switch: what they are for, and what is wrong with them.
import { guard } from '../../snippet/src/guard.ts'
import type { Tweaks } from './checkout.ts'
import type { CheckoutContent } from './content/checkout.ts'
import { explainErrors } from './tweaks/errors.ts'
import { tellFields } from './tweaks/fields.ts'

const help: Tweaks = (hand, ctx) => {
  const { fields, errors } = ctx.content as CheckoutContent
  if (fields) guard(tellFields)(hand)
  if (errors) guard(explainErrors)(hand, ctx)
}
heimta('widget', 'checkout-form', help)
