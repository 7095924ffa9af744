// Reads a Shopify storefront: the cart from cart.js, consent from its Customer Privacy API. Its checkout lets no script
// in: that it begins is known by a click, and the order by webhook only.
//
// Documented: shopify.dev/docs/api/ajax/reference/cart, …/storefront-events-and-actions, …/customer-privacy.
import { gpc } from '../config.ts'
import { guard, on } from '../guard.ts'
import { load } from '../load.ts'
import { record } from '../storage.ts'
import type { Adapter } from './adapter.ts'
import { scaleOf } from './amounts.ts'
import { tellCheckout } from './api.ts'
import { ask } from './ask.ts'

// biome-ignore lint/suspicious/noExplicitAny: Shopify's globals and answers; whatever is not there throws, and changes nothing
type Any = any
const page = window as Any

/** "1000 Japanese yen is output as 100000": hundredths, whatever the currency. */
const HUNDREDTHS = 2

export const shopify: Adapter = {
  read: async () => {
    // `root` carries the locale; without it the cart would come in another currency.
    const cart = await ask(`${page.Shopify?.routes?.root || '/'}cart.js`)
    const scale = scaleOf(cart.currency, HUNDREDTHS)
    return {
      currency: cart.currency,
      total_minor: cart.total_price * scale,
      lines: cart.items.map((item: Any) => ({
        sku: item.id, // the variant's, as cart permalinks have it
        name: item.title,
        qty: item.quantity,
        unit_minor: item.final_price * scale,
        url: item.url,
        image: item.image,
      })),
      code: cart.discount_codes?.find((one: Any) => one.applicable)?.code,
    }
  },
  // Dawn posts to /cart/add without `.js`.
  requests: /\/cart\/(add|change|update|clear)/,
  listen: (hint) => {
    // They fire before the change is done, and even where it is refused; the promise ends either way.
    on(document, 'shopify:cart:lines-update shopify:cart:discount-update', async ({ promise }) => {
      try {
        await promise
      } finally {
        hint()
      }
    })
    on(document, 'click', ({ target }) => {
      if (target.closest('[name=checkout],a[href*="/checkout"]')) tellCheckout()
    })
  },
  page: () => {
    if (page.ShopifyAnalytics?.meta.product) load('schema')
  },
  begin: (hear) => {
    hear(null) // until Shopify has spoken
    const tell = guard(() => {
      const privacy = page.Shopify.customerPrivacy
      const analytics = privacy.analyticsProcessingAllowed()
      // Without an answer it is allowed where the shop needs none; Global Privacy Control still is a no to that, and so is
      // what the shopper said to another banner. A yes said there is told again: it would wait for Shopify's word for ever.
      if (
        privacy.currentVisitorConsent().analytics ||
        (record.consent.analytics !== false && analytics && !gpc)
      )
        hear({ analytics, marketing: privacy.marketingAllowed() })
    })
    const ready = () => page.Shopify.loadFeatures([{ name: 'consent-tracking-api', version: '0.1' }], tell)
    on(document, 'visitorConsentCollected', tell)
    // Our tag may come before Shopify's own script in the head.
    if (page.Shopify?.loadFeatures) ready()
    else on(document, 'DOMContentLoaded', ready)
  },
}
