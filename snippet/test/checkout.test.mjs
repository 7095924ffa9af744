// Which page is the checkout, by its address: there its files are fetched at once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage, POPUP } from './page.mjs'

const widgets = { stage: ['/w/stage.js', 'sha384-s'], watch: ['/w/watch.js', 'sha384-w'] }
const isCheckout = async (urls, path) => {
  const page = openPage({
    config: { urls: { restore: '', apply: '', ...urls }, widgets, campaigns: [POPUP] },
    path,
  })
  await page.advance(500)
  return page.scripts.some(({ src }) => src.endsWith('/w/watch.js'))
}

const MAGENTO = { cart: '/checkout/cart/', checkout: '/checkout/' }
const OPENCART = { cart: '/index.php?route=checkout/cart', checkout: '/index.php?route=checkout/checkout' }
const BELOW_CART = { cart: '/cart', checkout: '/cart/checkout' }
const ONE_PAGE = { cart: '/checkout', checkout: '/checkout' }

for (const [name, urls, path, wanted] of [
  ['the checkout', MAGENTO, '/checkout/', true],
  ['a step of it', MAGENTO, '/checkout/#payment', true],
  ['a cart whose address begins with the checkout’s', MAGENTO, '/checkout/cart/', false],
  ['a page of that cart', MAGENTO, '/checkout/cart/configure/id/7/', false],
  ['a checkout whose address begins with the cart’s', BELOW_CART, '/cart/checkout/2', true],
  ['the cart of such a shop', BELOW_CART, '/cart', false],
  ['cart and checkout on one page', ONE_PAGE, '/checkout?step=2', true],
  ['a page named by its query', OPENCART, '/index.php?route=checkout/checkout&language=en-gb', true],
  ['the cart, named by its query', OPENCART, '/index.php?route=checkout/cart', false],
  ['any other page', MAGENTO, '/tee.html', false],
])
  test(`${name}: ${wanted}`, async () => assert.equal(await isCheckout(urls, path), wanted))
