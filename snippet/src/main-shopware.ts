// The snippet for Shopware 6.
import { shopware } from './cart/shopware.ts'
import { install } from './main.ts'

install(shopware)
