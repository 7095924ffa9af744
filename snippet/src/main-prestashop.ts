// The snippet for PrestaShop shops.
import { prestashop } from './cart/prestashop.ts'
import { install } from './main.ts'

install(prestashop)
