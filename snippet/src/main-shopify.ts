// The snippet for Shopify shops.
import { shopify } from './cart/shopify.ts'
import { install } from './main.ts'

install(shopify)
