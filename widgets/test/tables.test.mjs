// How money and percentages are written is asked for when the browser has time, as a popup will ask; never a fault.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { build } from 'esbuild'

const bundle = async (name) => {
  const { outputFiles } = await build({
    entryPoints: [new URL(`../src/${name}.ts`, import.meta.url).pathname],
    bundle: true,
    write: false,
    format: 'esm',
  })
  return outputFiles[0].text
}
const pictures = await bundle('pictures')
const reveal = await bundle('reveal')

/** What was asked of Intl.NumberFormat: before, and once the browser was idle. faults: that reached the guard. */
const open = async (file, currency, page) => {
  const idle = []
  const asked = []
  const faults = []
  globalThis.window = page(idle)
  globalThis.heimta = (command, plugin) => {
    if (command !== 'plugin') return
    plugin({
      config: { currency, campaigns: [] },
      visitor: () => ({}),
      taps: [],
      lang: 'is',
      guard: (run) => () => {
        try {
          run()
        } catch (fault) {
          faults.push(fault)
        }
      },
    })
  }
  const { NumberFormat } = Intl
  Intl.NumberFormat = new Proxy(NumberFormat, {
    construct: (made, args) => {
      asked.push(args)
      return new made(...args)
    },
  })
  try {
    await import(`data:text/javascript;base64,${Buffer.from(`${file}//${Math.random()}`).toString('base64')}`)
    const before = asked.length
    if (idle.length) for (const run of idle) run()
    else await new Promise((done) => setTimeout(done, 20))
    return { before, asked, faults }
  } finally {
    Intl.NumberFormat = NumberFormat
  }
}
const idling = (idle) => ({ requestIdleCallback: (run) => idle.push(run) })

for (const [where, page] of [
  ['a browser with idle callbacks', idling],
  ['Safari', () => ({})],
]) {
  for (const [what, file, style] of [
    ['currencies', pictures, { style: 'currency', currency: 'EUR' }],
    ['percentages', reveal, { style: 'percent' }],
  ])
    test(`${where} opens its tables of ${what} later, and once`, async () => {
      const { before, asked, faults } = await open(file, 'EUR', page)
      assert.equal(before, 0)
      assert.deepEqual(asked, [[['is', 'de'], style]])
      assert.deepEqual(faults, [])
    })
}

test('what the browser does not take for a currency is no fault of the page', async () => {
  const { faults } = await open(pictures, 'no currency', idling)
  assert.equal(faults.length, 1)
})
