// The snippet for Magento 2 shops.
import { magento } from './cart/magento.ts'
import { install } from './main.ts'

install(magento)
