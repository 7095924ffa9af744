// Whom the shop knows: an address to write to leaves the page only with a yes to that, said in the same call.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage } from './page.mjs'

const told = async (...calls) => {
  const page = openPage({ adapter: 'api', stub: calls.map((known) => ['identify', known]) })
  await page.advance(3000)
  assert.doesNotMatch(JSON.stringify(page.store), /hidden/)
  return page.events('visitor_identified').map(({ p }) => p)
}

test('the shop’s own id is told', async () => {
  assert.deepEqual(await told({ id: 'c-7' }, { id: 7 }), [{ id: 'c-7' }, { id: '7' }])
})

test('e-mail and phone are dropped without a plain yes', async () => {
  for (const consent of [undefined, false, null, 'true', 1])
    assert.deepEqual(await told({ id: 'c-7', email: 'a@hidden.example', phone: '+354 1234567', consent }), [
      { id: 'c-7' },
    ])
})

test('with a yes they are told', async () => {
  assert.deepEqual(await told({ email: 'a@hidden.example', phone: '+354 1234567', consent: true }), [
    { id: '', email: 'a@hidden.example', phone: '+354 1234567' },
  ])
})

test('before consent nothing is told of anybody', async () => {
  const page = openPage({ adapter: 'api', config: { consent: 'ask' }, stub: [['identify', { id: 'c-7' }]] })
  await page.advance(5000)
  assert.deepEqual([page.requests, page.store], [[], {}])
  page.window.heimta('consent', { analytics: true, marketing: true })
  await page.advance(3000)
  assert.equal(page.events('visitor_identified').length, 1)
})

test('garbage harms nobody', async () => {
  assert.deepEqual(await told(undefined, null, 7, 'x'), [{ id: '' }, { id: '' }])
})
