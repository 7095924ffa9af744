// The snippet for BigCommerce.
import { bigcommerce } from './cart/bigcommerce.ts'
import { install } from './main.ts'

install(bigcommerce)
