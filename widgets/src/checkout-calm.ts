// Help around the checkout's form, each kind by its own switch: nothing that leads away, a coupon field that does not
// shout, the order in view, and what a shopper wants to be sure of.
import { guard } from '../../snippet/src/guard.ts'
import type { Tweaks } from './checkout.ts'
import type { CheckoutContent } from './content/checkout.ts'
import { hideDistractions } from './tweaks/calm.ts'
import { foldCoupon } from './tweaks/coupon.ts'
import { reassure } from './tweaks/reassure.ts'
import { keepSummary } from './tweaks/summary.ts'

const help: Tweaks = (hand, ctx) => {
  const { calm, coupon, summary, reassurance } = ctx.content as CheckoutContent
  if (calm) guard(hideDistractions)(hand)
  if (coupon) guard(foldCoupon)(hand, ctx, coupon)
  if (summary) guard(keepSummary)(hand, ctx, summary)
  if (reassurance) guard(reassure)(hand, ctx, reassurance)
}
heimta('widget', 'checkout-calm', help)
