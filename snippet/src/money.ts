// Turns a shop's decimals into integer minor units, exactly, and back into words for the shopper.
import type { Config } from './types.ts'

/**
 * How many decimals a currency has. The shop's own is told by the server (ISO 4217), since browsers disagree about HUF,
 * IDR and others; for another one there is only the browser to ask. Throws for a non-currency.
 */
export const exponentOf = (currency: string, shop: Pick<Config, 'currency' | 'exponent'>) =>
  currency === shop.currency
    ? shop.exponent
    : (0).toLocaleString('en', { style: 'currency', currency }).split('0').length - 2 // ¥0, €0.00, KWD 0.000

/** NaN where there is none: to JavaScript null and '' are 0, and nobody could tell that from a free cart. */
export const numberOf = (value: unknown) => +(/\d/.test(value as string) ? (value as string) : 'x')

/**
 * 19.99 -> 1999. Moves the point in the decimal text, since 19.99 * 100 is 1998.99… and 1.005 * 100 is 100.49….
 * What is not a number is NaN.
 */
export const toMinor = (decimal: unknown, exponent: number) =>
  Math.round(+`${numberOf(decimal).toFixed(6)}e${exponent}`)

/**
 * A whole amount looks as the browser has it (1.999 Ft); no part of one is ever rounded away (1.999,50 Ft). Nothing for one that
 * is unknown.
 */
export const format = (minor: number | undefined, currency: string, exponent: number, lang: string) => {
  if (!minor && minor !== 0) return ''
  const unit = 10 ** exponent
  const minimumFractionDigits = minor % unit ? exponent : undefined
  return new Intl.NumberFormat([lang, 'de'], { style: 'currency', currency, minimumFractionDigits }).format(
    minor / unit,
  )
}
