// The snippet for shops that push GA4 e-commerce events into dataLayer.
import { datalayer } from './cart/datalayer.ts'
import { install } from './main.ts'

install({ entry: datalayer })
