// Names that a platform has escaped for HTML are read as shoppers see them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'

const { plain } = await load('cart/plain.ts')

for (const [escaped, text] of [
  ['Caps &amp; Hats &#8211; M', 'Caps & Hats \u2013 M'],
  ['12&quot; &#039;Vinyl&#039;', "12\" 'Vinyl'"],
  ['&#128081; Crown', '\u{1f451} Crown'],
  ['Salt & Pepper; &copy; &', 'Salt & Pepper; &copy; &'],
])
  test(`${escaped} is ${text}`, () => assert.equal(plain(escaped), text))
