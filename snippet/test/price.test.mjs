// Prices are read off a page to the minor unit, in every language, or not at all.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'

const { readPrice } = await load('cart/price.ts')

const EXPONENT = {
  EUR: 2,
  USD: 2,
  GBP: 2,
  CHF: 2,
  INR: 2,
  PLN: 2,
  BRL: 2,
  JPY: 0,
  KRW: 0,
  ISK: 0,
  KWD: 3,
  BHD: 3,
  TND: 3,
}
const LANGUAGES =
  'en en-IN en-ZA en-CH de de-AT de-CH de-LI fr fr-CH fr-CA it it-CH es es-MX pt pt-BR nl da sv nb fi is pl cs sk sl hr hu ro bg el ' +
  'tr ru uk ja ko zh zh-TW ar ar-EG ar-KW fa hi mr ne bn th vi id ms he et lv lt ka hy az kk ur my sw'

for (const lang of LANGUAGES.split(' '))
  test(`what Intl writes in ${lang} is read back to the minor unit`, () => {
    for (const [currency, exponent] of Object.entries(EXPONENT)) {
      for (const currencyDisplay of ['symbol', 'narrowSymbol', 'code']) {
        const write = new Intl.NumberFormat(lang, {
          style: 'currency',
          currency,
          currencyDisplay,
          minimumFractionDigits: exponent,
          maximumFractionDigits: exponent,
        })
        for (const minor of [
          0, 5, 99, 1000, 1999, 12_345, 100_000, 123_456, 999_999, 1_250_000, 1_234_567, 123_456_789,
        ]) {
          const text = write.format(minor / 10 ** exponent)
          const read = readPrice(text, exponent, lang)
          // A region may write money with another point than its language has: dinars cannot be told there, then.
          if (read !== undefined || exponent < 3 || !lang.includes('-'))
            assert.equal(read, minor, `${text} (${currency})`)
        }
      }
    }
  })

for (const [text, exponent, minor, lang = 'en'] of [
  ['1.234,50 €', 2, 123_450],
  ['€ 1.234,50', 2, 123_450],
  ['¥1,200', 0, 1200],
  ['KD 1.250', 3, 1250],
  ['1,250 KD', 3, 1250, 'de'],
  ['0,250 KD', 3, 250],
  ['1234,500 DT', 3, 1_234_500],
  ['1 234,50 zł', 2, 123_450],
  ['1\u202f234,50\u00a0€', 2, 123_450],
  ["1'234.50", 2, 123_450],
  ['₹1,00,000.00', 2, 10_000_000],
  ['١٬٢٣٤٫٥٠ ر.س', 2, 123_450, 'ar'],
  ['19,9 €', 2, 1990],
  ['19.9900', 2, 1999],
  ['12,- €', 2, 1200],
  ['Fr. 12.–', 2, 1200],
  ['kr.1.250', 0, 1250],
  ['Rp 1.250.000', 2, 125_000_000],
  ['1.250 €', 2, 125_000],
  ['19,99 €*', 2, 1999],
  ['19,99 € inkl. 19 % MwSt.', 2, 1999],
  ['Total: $1,019.99 USD', 2, 101_999],
  ['５００円', 0, 500],
  ['free', 2, undefined],
  ['', 2, undefined],
  ['29,99 € 19,99 €', 2, undefined],
  ['from 5,00 to 9,00', 2, undefined],
  ['5,00–9,00 €', 2, undefined],
  ['2 × 19,99 €', 2, undefined],
  ['-5,00 €', 2, undefined],
  ['€ -5.00', 2, undefined],
  ['−$5.00', 2, undefined],
  ['19.995', 2, 1_999_500],
  ['0.125', 2, undefined],
  ['1,20', 0, undefined],
  ['1,250 KD', 3, undefined],
  ['1.250 KWD', 3, undefined, 'de'],
  ['1.23.4567', 2, undefined],
  ['12,34,567', 2, 123_456_700],
  ['1,234.56.78', 2, undefined],
  ['19,99 14,99', 2, undefined],
])
  test(`${text || 'nothing'} with ${exponent} decimals (${lang}) is ${minor}`, () =>
    assert.equal(readPrice(text, exponent, lang), minor))

for (const [text, exponent, minor] of [
  ['1234.5', 2, 123_450],
  ['19.990', 2, 1999],
  ['1.250', 3, 1250],
  ['1.250', 2, 125],
  ['8900', 0, 8900],
  ['19.999', 2, undefined],
])
  test(`${text}, written for programs, is ${minor}`, () =>
    assert.equal(readPrice(text, exponent, 'de', true), minor))
