// A code counts as applied when the shop's cart says so, on each platform by what its cart looks like; never for a 200.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { build } from 'esbuild'

const CODE = 'HEIM7Q2MX4KD'

/** What widgets/src/apply/{name}.ts gives, and what it asked; answers: path -> JSON, or a Response. */
const open = async (name, answers, page = {}) => {
  const asked = []
  globalThis.heimta = (_command, _name, part) => {
    globalThis.given = part
  }
  globalThis.window = page
  globalThis.document = { querySelector: () => page.link }
  globalThis.fetch = async (path, init = {}) => {
    asked.push([path, init])
    const answer = answers(path, init)
    return answer instanceof Response ? answer : Response.json(answer)
  }
  const { outputFiles } = await build({
    entryPoints: [new URL(`../src/apply/${name}.ts`, import.meta.url).pathname],
    bundle: true,
    write: false,
    format: 'esm',
  })
  const code = Buffer.from(`${outputFiles[0].text}//${Math.random()}`).toString('base64')
  await import(`data:text/javascript;base64,${code}`)
  return { apply: () => globalThis.given({ urls: { apply: '/discount/{code}' } }, CODE), asked }
}

test('an own address is believed when it says ok, in JSON that was asked for', async () => {
  const { apply, asked } = await open('own', () => ({ ok: true }))
  assert.equal(await apply(), true)
  const [[path, { headers, signal }]] = asked
  assert.deepEqual([path, headers], [`/discount/${CODE}`, { Accept: 'application/json' }])
  assert.ok(signal instanceof AbortSignal, 'who hangs is not waited for: the code is shown, to be entered')
})

for (const [what, answer] of [
  ['a refusal', () => Response.json({ ok: false }, { status: 404 })],
  ['a JSON of something else', () => ({})],
]) {
  test(`an own address with ${what} has not applied it`, async () => {
    assert.equal(await (await open('own', answer)).apply(), false)
  })
}

test('a page that answers 200 has promised nothing', async () => {
  const { apply } = await open('own', () => new Response('<h1>Cart</h1>', { status: 200 }))
  await assert.rejects(apply)
})

const shopify =
  (codes) =>
  (path, { method }) =>
    path.endsWith('cart.js') && method === 'GET'
      ? { discount_codes: [{ code: 'MINE', applicable: true }] }
      : { discount_codes: codes }

test('Shopify: the shopper’s own codes stay, and ours counts when it is applicable', async () => {
  const on = [{ code: 'MINE', applicable: true }, { code: CODE, applicable: true }] // biome-ignore format: one line
  const page = { Shopify: { routes: { root: '/de/' } } }
  const { apply, asked } = await open('shopify', shopify(on), page)
  assert.equal(await apply(), true)
  const [[read], [path, { method, body }]] = asked
  assert.deepEqual([read, path, method], ['/de/cart.js', '/de/cart/update.js', 'POST'])
  assert.equal(body.get('discount'), `MINE,${CODE}`)
  assert.ok(asked.every(([, { signal }]) => signal instanceof AbortSignal))
})

test('Shopify: a code that is kept but not applicable is not applied', async () => {
  const { apply } = await open('shopify', shopify([{ code: CODE, applicable: false }]))
  assert.equal(await apply(), false)
})

const woo = (last) => (path) =>
  path.includes('apply-coupon') ? last : Response.json({}, { headers: { Nonce: 'n-1' } })

test('WooCommerce: with its nonce, and its coupons are in small letters', async () => {
  const { apply, asked } = await open('woocommerce', woo({ coupons: [{ code: CODE.toLowerCase() }] }))
  assert.equal(await apply(), true)
  const [[first], [path, { method, headers }]] = asked
  assert.equal(first, `/wp-json/wc/store/v1/cart?_fields=coupons&code=${CODE}`)
  assert.equal(path, `/wp-json/wc/store/v1/cart/apply-coupon?_fields=coupons&code=${CODE}`)
  assert.deepEqual([method, headers], ['POST', { Nonce: 'n-1' }])
})

test('WooCommerce: a shop may keep the capitals of its coupons', async () => {
  const { apply } = await open('woocommerce', woo({ coupons: [{ code: CODE }] }))
  assert.equal(await apply(), true)
})

test('WooCommerce: without pretty permalinks', async () => {
  const link = { href: 'https://shop.example/index.php?rest_route=/' }
  const { apply, asked } = await open('woocommerce', woo({ coupons: [] }), { link })
  assert.equal(await apply(), false)
  assert.equal(asked[0][0], `${link.href}wc/store/v1/cart&_fields=coupons&code=${CODE}`)
})

test('WooCommerce: a coupon that it refuses is not applied', async () => {
  const no = Response.json({ code: 'woocommerce_rest_cart_coupon_error' }, { status: 400 })
  await assert.rejects((await open('woocommerce', woo(no))).apply)
})
