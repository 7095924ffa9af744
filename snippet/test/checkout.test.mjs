// Which page is the checkout: its files are fetched there at once. What fits, the server says (tests/rules/test_checkout_pages.py).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage, POPUP } from './page.mjs'

const widgets = { stage: ['/w/stage.js', 'sha384-s'], watch: ['/w/watch.js', 'sha384-w'] }
const isCheckout = async (checkout, path, adapter) => {
  const page = openPage({ config: { checkout, widgets, campaigns: [POPUP] }, path, adapter })
  await page.advance(500)
  return page.scripts.some(({ src }) => src.endsWith('/w/watch.js'))
}

const PATH = '^(/[a-z]{2})?/checkout(?![\\w-])'
const QUERY = '^/index\\.php\\?route=checkout/checkout(?![\\w-])'

for (const [name, pattern, path, wanted] of [
  ['the checkout', PATH, '/checkout', true],
  ['a step of it', PATH, '/de/checkout/2?step=payment', true],
  ['a page named by its query', QUERY, '/index.php?route=checkout/checkout&language=en-gb', true],
  ['another one, named by its query', QUERY, '/index.php?route=checkout/cart', false],
  ['any other page', PATH, '/tee.html', false],
])
  test(`${name}: ${wanted}`, async () => assert.equal(await isCheckout(pattern, path), wanted))
