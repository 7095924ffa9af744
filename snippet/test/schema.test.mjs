// The product of a page, by schema.org's words: one that is told for sure, or none.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import vm from 'node:vm'
import { built } from './page.mjs'

const OFFER = { '@type': 'Offer', price: '19.99', priceCurrency: 'EUR' }
const HAT = { '@context': 'https://schema.org', '@type': 'Product', sku: 'hat-m', name: 'Hat', offers: OFFER }

/** ld: what is in the page's scripts. at: its address. */
const open = (ld, at = 'https://shop.example/p/hat', body = '') => {
  const told = []
  const taps = []
  const config = { currency: 'EUR', exponent: 2 }
  const page = { ld, className: body, at: new URL(at) }
  const window = {
    URL,
    URLSearchParams,
    Intl,
    heimta: (name, what) => (name === 'plugin' ? what({ config, taps }) : told.push(what)),
    document: {
      body: page,
      querySelectorAll: (css) =>
        css.includes('ld+json')
          ? page.ld.map((one) => ({ textContent: typeof one === 'string' ? one : JSON.stringify(one) }))
          : [],
      querySelector: () => null,
    },
    location: {
      get href() {
        return page.at.href
      },
      get pathname() {
        return page.at.pathname
      },
      get search() {
        return page.at.search
      },
    },
  }
  window.window = window
  vm.createContext(window)
  vm.runInContext(built('schema'), window)
  const tell = (what) => {
    for (const tap of taps) tap(what, {})
  }
  return { told, page, tell }
}

const only = (ld, at) => {
  const { told } = open(ld, at)
  assert.ok(told.length < 2)
  return told[0] && `${told[0].sku} ${told[0].unit_minor} ${told[0].currency}`
}

for (const [what, ld, product, at] of [
  ['a product', [HAT], 'hat-m 1999 EUR'],
  ['a list of nodes', [[{ '@type': 'WebSite' }, HAT]], 'hat-m 1999 EUR'],
  ['a graph', [{ '@graph': [{ '@type': 'BreadcrumbList' }, HAT] }], 'hat-m 1999 EUR'],
  ['the page’s main entity', [{ '@type': 'ItemPage', mainEntity: HAT }], 'hat-m 1999 EUR'],
  [
    'types in full and several',
    [{ ...HAT, '@type': ['http://schema.org/Product', 'Car'] }],
    'hat-m 1999 EUR',
  ],
  ['a price as a number', [{ ...HAT, offers: { ...OFFER, price: 4.35 } }], 'hat-m 435 EUR'],
  ['another currency', [{ ...HAT, offers: { price: '6.105', priceCurrency: 'KWD' } }], 'hat-m 6105 KWD'],
  ['no currency', [{ ...HAT, offers: { price: '5' } }], 'hat-m 500 EUR'],
  ['a list of offers, one price', [{ ...HAT, offers: [OFFER, OFFER] }], 'hat-m 1999 EUR'],
  ['offers of two prices', [{ ...HAT, offers: [OFFER, { ...OFFER, price: 5 }] }], 'hat-m undefined EUR'],
  [
    'a range',
    [{ ...HAT, offers: { lowPrice: '5', highPrice: '9', priceCurrency: 'EUR' } }],
    'hat-m undefined EUR',
  ],
  ['a range of one price', [{ ...HAT, offers: { lowPrice: 5, highPrice: '5.00' } }], 'hat-m 500 EUR'],
  [
    'offers within an aggregate',
    [{ ...HAT, offers: { '@type': 'AggregateOffer', offers: [OFFER] } }],
    'hat-m 1999 EUR',
  ],
  [
    'a price specification',
    [{ ...HAT, offers: { priceSpecification: [{ price: 7, priceCurrency: 'EUR' }] } }],
    'hat-m 700 EUR',
  ],
  [
    'a price that is none',
    [{ ...HAT, offers: { price: '19,99', priceCurrency: 'EUR' } }],
    'hat-m undefined EUR',
  ],
  ['no offers', [{ ...HAT, offers: undefined }], 'hat-m NaN EUR'],
  ['another kind of number', [{ ...HAT, sku: undefined, mpn: 'M-7' }], 'M-7 1999 EUR'],
  ['no number', [{ ...HAT, sku: undefined }], undefined],
  ['a list page', [{ '@type': 'ItemList', itemListElement: [{ item: HAT }] }], undefined],
  ['something related', [{ '@type': 'WebPage', isRelatedTo: HAT }], undefined],
  ['two products', [HAT, { ...HAT, sku: 'sock' }], undefined],
  ['two products, one of this page', [HAT, { ...HAT, sku: 'sock', url: '/p/hat' }], 'sock 1999 EUR'],
  ['no product', [{ '@type': 'Organization' }, null, 7], undefined],
  ['JSON that is none', ['{"@type": "Product",}', HAT], 'hat-m 1999 EUR'],
])
  test(`${what} is ${product || 'no product'}`, () => assert.equal(only(ld, at), product))

const group = {
  '@type': 'ProductGroup',
  productGroupID: 'hat',
  name: 'Hat',
  hasVariant: ['s', 'm'].map((size, at) => ({
    '@type': 'Product',
    sku: `hat-${size}`,
    offers: { ...OFFER, url: `https://shop.example/p/hat?size=${size}`, price: 10 + at },
  })),
}

test('of a group the variant of this address counts', () => {
  assert.equal(only([group], 'https://shop.example/p/hat?size=m'), 'hat-m 1100 EUR')
})

test('a group without a chosen variant has its own number and no price, if the variants differ', () => {
  assert.equal(only([group]), 'hat undefined EUR')
  const same = group.hasVariant.map((one) => ({ ...one, offers: OFFER }))
  assert.equal(only([{ ...group, hasVariant: same }]), 'hat 1999 EUR')
})

test('another page view tells another product, and never the old one for the new page', () => {
  const { told, page, tell } = open([HAT])
  tell('second')
  assert.deepEqual(
    told.map(({ sku }) => sku),
    ['hat-m'],
  )
  page.at = new URL('https://shop.example/p/sock')
  tell('page_viewed')
  tell('second') // the shop has not drawn the new one yet
  page.ld = [{ ...HAT, sku: 'sock' }]
  tell('second')
  tell('second')
  assert.deepEqual(
    told.map(({ sku }) => sku),
    ['hat-m', 'sock'],
  )
  tell('page_viewed') // the same page again, out of the back/forward cache
  tell('second')
  assert.deepEqual(
    told.map(({ sku }) => sku),
    ['hat-m', 'sock', 'sock'],
  )
})

test('a page that never shows one is not looked at for ever', () => {
  const { told, page, tell } = open([])
  for (let n = 0; n < 9; n++) tell('second')
  page.ld = [HAT]
  tell('second')
  assert.deepEqual(told, [])
})

test('WooCommerce’s product has the number of its lines', () => {
  const { told } = open([HAT], undefined, 'single single-product postid-17 woocommerce')
  assert.deepEqual([told[0].sku, told[0].unit_minor], ['17', 1999])
})
