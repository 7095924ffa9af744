// The day on which the order arrives, where the merchant has said how that is reckoned.
import type { Tweaks } from './checkout.ts'
import type { CheckoutContent } from './content/checkout.ts'
import { promiseDelivery } from './tweaks/delivery.ts'

const help: Tweaks = (hand, ctx) => {
  const { delivery } = ctx.content as CheckoutContent
  if (delivery) promiseDelivery(hand, ctx, delivery)
}
heimta('widget', 'checkout-delivery', help)
