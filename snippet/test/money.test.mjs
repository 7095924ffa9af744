// Decimals become integer minor units exactly, with the exponent of the currency.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'

const SHOP = { currency: 'EUR', exponent: 2 }
const { exponentOf, format, toMinor } = await load('money.ts')

for (const [currency, exponent] of [
  ['EUR', 2],
  ['JPY', 0],
  ['ISK', 0],
  ['KWD', 3],
  ['CLF', 4],
])
  test(`${currency} has ${exponent} decimals`, () => assert.equal(exponentOf(currency, SHOP), exponent))

for (const currency of ['HUF', 'IDR', 'COP', 'PKR'])
  test(`the shop's ${currency} has the decimals that the server says, whatever the browser thinks`, () => {
    for (const exponent of [0, 2, 3]) assert.equal(exponentOf(currency, { currency, exponent }), exponent)
  })

test('what is no currency throws', () => assert.throws(() => exponentOf('euro', SHOP)))

for (const [decimal, exponent, minor] of [
  [19.99, 2, 1999],
  [1.005, 2, 101],
  [0.1 + 0.2, 2, 30],
  [4.35, 2, 435],
  [1.15, 2, 115],
  ['19.99', 2, 1999],
  [8900, 0, 8900],
  [12.345, 3, 12345],
  [1e7, 2, 1e9],
  [1e-7, 2, 0],
  [89, 2, 8900],
  [0, 2, 0],
  ['', 2, Number.NaN],
  [undefined, 2, Number.NaN],
  ['abc', 2, Number.NaN],
  [null, 2, Number.NaN],
  ['19,99', 2, Number.NaN],
])
  test(`${decimal} with ${exponent} decimals is ${minor}`, () =>
    assert.equal(toMinor(decimal, exponent), minor))

test('every cent from 0.01 to 1000.00 survives', () => {
  for (let cents = 1; cents <= 100_000; cents++) assert.equal(toMinor(cents / 100, 2), cents)
})

test('money is written in the shopper’s language', () => {
  assert.equal(format(1999, 'EUR', 2, 'en'), '€19.99')
  assert.equal(format(1999, 'EUR', 2, 'de').replace(/\s/g, ' '), '19,99 €')
  assert.equal(format(8900, 'JPY', 0, 'en'), '¥8,900')
})

test('an exponent other than the browser’s changes no amount', () => {
  const digits = (...money) => format(...money, 'en').replace(/[^\d.,]/g, '')
  for (const currency of ['HUF', 'IDR', 'COP', 'PKR']) {
    assert.match(digits(199_900, currency, 2), /^1,999(\.00)?$/)
    assert.equal(digits(199_950, currency, 2), '1,999.50')
    assert.equal(digits(199_901, currency, 2), '1,999.01')
  }
  assert.equal(digits(5, 'JPY', 2), '0.05')
  assert.match(digits(1999, 'EUR', 0), /^1,999(\.00)?$/)
  assert.equal(digits(1999, 'EUR', 3), '1.999')
})
