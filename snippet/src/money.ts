// Turns a shop's decimals into integer minor units, exactly, and back into words for the shopper.

const formatter = (currency: string, lang?: string, minimumFractionDigits?: number) =>
  new Intl.NumberFormat([lang || 'de', 'de'], { style: 'currency', currency, minimumFractionDigits })

/** How many decimals a currency has: JPY 0, EUR 2, KWD 3 (ISO 4217, as the browser knows it). Throws for a non-currency. */
export const exponentOf = (currency: string) =>
  formatter(currency).resolvedOptions().maximumFractionDigits as number

/**
 * 19.99 -> 1999. Moves the point in the decimal text, since 19.99 * 100 is 1998.99… and 1.005 * 100 is 100.49….
 * What is not a number is 0.
 */
export const toMinor = (decimal: unknown, exponent: number) =>
  Math.round(+`${Number(decimal).toFixed(6)}e${exponent}`) || 0

export const format = (minor: number, currency: string, exponent: number, lang: string) =>
  formatter(currency, lang, exponent).format(minor / 10 ** exponent)
