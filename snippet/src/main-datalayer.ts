// The snippet for shops that push GA4 e-commerce events into dataLayer.
import { datalayer } from './cart/datalayer.ts'
import { listenLayer } from './layer.ts'
import { install } from './main.ts'
import { lookPage } from './page.ts'

install({
  begin: () =>
    listenLayer((entry) => {
      lookPage() // another page may be looked at by now, and this be of it
      datalayer(entry)
    }),
})
