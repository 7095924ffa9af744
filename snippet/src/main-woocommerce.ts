// The snippet for WooCommerce shops.
import { woocommerce } from './cart/woocommerce.ts'
import { install } from './main.ts'

install(woocommerce)
