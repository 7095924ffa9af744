// Takes a platform's own amounts to minor units of the currency. Each platform counts in its own way: Shopify in
// hundredths, even of a yen; WooCommerce in as many decimals as the shop shows; others in decimals.
import { config } from '../config.ts'
import { exponentOf, toMinor } from '../money.ts'

/** shift: by how many decimals the platform's numbers are larger than units of the currency. */
export const amounts = (currency = config.currency, shift = 0) => {
  const exponent = exponentOf(currency, config)
  return { currency, exponent, minor: (amount: unknown) => toMinor(`${amount}e-${shift}`, exponent) }
}
