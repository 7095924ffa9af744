// The snippet for shops that call heimta('cart' | 'product' | 'order' | 'checkout', …) themselves.
import { install } from './main.ts'

install({})
