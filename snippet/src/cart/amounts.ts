// Takes a platform's own amounts to minor units of the currency. Each platform counts in its own way: Shopify in
// hundredths, even of a yen; WooCommerce in as many decimals as the shop shows; PrestaShop in decimals.
import { config } from '../config.ts'
import { exponentOf } from '../money.ts'

/**
 * What a platform's amounts are multiplied by. Exact, once cart.ts has rounded to whole minor units: these platforms have
 * rounded to the currency already, so no product comes near a half.
 * shift: by how many decimals the platform's numbers are larger than units of the currency.
 */
export const scaleOf = (currency: string, shift = 0) => 10 ** (exponentOf(currency, config) - shift)
