// When what a widget has made is let through to a shopper whose finger, or whose blocker, is in the way.
import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { load } from './load.mjs'

const { place } = await load('stage/place.ts')
const guard = (run) => () => {
  try {
    return run()
  } catch {
    return undefined
  }
}

/** A page and what stands on it; `said` is what the widget and the stage were told. */
const set = (t, card = {}) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.after(() => mock.timers.reset())
  const page = { isPressed: false }
  const said = []
  const all = { inert: false, style: {}, querySelector: () => null, ...card }
  const host = { isConnected: false, shadowRoot: { firstElementChild: all } }
  globalThis.document = {
    querySelector: (selector) => (selector === 'body:active' && page.isPressed ? {} : null),
    body: {
      append: () => {
        host.isConnected = true
      },
    },
  }
  const remove = () => {
    host.isConnected = false
    said.push('removed')
  }
  const placed = place({ host, open: () => said.push('opened'), remove }, guard, () => said.push('gone'))
  return { page, said, card: all, host, placed }
}
const wait = (ms) => mock.timers.tick(ms)

for (const isWarm of [true, false])
  test(`a press is over before it is seen, ${isWarm ? 'though it waits' : 'and before it is there'}`, (t) => {
    const { page, said, card, placed } = set(t)
    if (isWarm) placed.warm()
    page.isPressed = true
    placed.open()
    for (let press = 0; press < 10; press++) wait(100)
    assert.deepEqual([card.style.opacity, card.inert, said], ['0', true, []])
    page.isPressed = false
    wait(100)
    assert.equal(card.style.opacity, '')
    wait(100)
    assert.deepEqual([card.inert, said], [false, ['opened']])
  })

test('a press that begins in its first frame is over before it takes the page', (t) => {
  const { page, said, card, placed } = set(t)
  placed.warm()
  placed.open()
  assert.equal(card.style.opacity, '')
  page.isPressed = true
  wait(300)
  assert.deepEqual([card.inert, said], [true, []])
  page.isPressed = false
  wait(300)
  assert.deepEqual(said, ['opened'])
})

test('what is taken away under a press never comes', (t) => {
  for (const isWarm of [true, false]) {
    const { page, said, placed } = set(t)
    if (isWarm) placed.warm()
    page.isPressed = true
    placed.open()
    placed.remove()
    page.isPressed = false
    wait(1000)
    assert.deepEqual(said, ['removed', 'gone'])
    mock.timers.reset()
  }
})

test('what a blocker hides is taken away: unseen, a dialog would hold the whole page', (t) => {
  const { said, host, placed } = set(t, { checkVisibility: () => false })
  placed.open()
  wait(100)
  assert.deepEqual([host.isConnected, said], [false, ['opened', 'removed', 'gone']])
})

test('what has nothing to stand on the page opens at once', () => {
  const said = []
  globalThis.document = { querySelector: () => ({}) }
  place({ open: () => said.push('opened'), remove: () => {} }, guard, () => {}).open()
  assert.deepEqual(said, ['opened'])
})
