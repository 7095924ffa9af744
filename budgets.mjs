// What is built, and what each file may weigh (bytes, brotli). Three figures are of no file that is served: the stub (what
// the shop pastes), and the core, which is the snippet without its cart, its signs of leaving and its later files.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotli, gather, root, shrink } from './bundle.mjs'

/** One snippet file a cart adapter; the server chooses. */
const adapters = [
  'api',
  'datalayer',
  'selectors',
  'shopify',
  'woocommerce',
  'magento',
  'prestashop',
  'shopware',
  'bigcommerce',
  'opencart',
]
// The stage decides and shows; it comes before the widgets, for visitors who stay. The debug overlay is for merchants.
const later = {
  stage: [2200, 'snippet/src/stage.ts'],
  exit: [1200, 'snippet/src/exit.ts'],
  popup: [2000, 'widgets/src/popup.ts'],
  survey: [2000, 'widgets/src/survey.ts'],
  checkout: [1500, 'widgets/src/checkout.ts'],
  push: [800, 'widgets/src/push.ts'],
  schema: [1200, 'snippet/src/schema.ts'],
  selectors: [2600, 'snippet/src/selectors.ts'],
  opencart: [2400, 'snippet/src/opencart.ts'],
  watch: [2000, 'widgets/src/watch.ts'],
  debug: [4000, 'widgets/src/debug.ts'],
  // What reads product pages; and two carts that are read off whole pages, which nothing on the first load needs.
  schema: [1200, 'snippet/src/schema.ts'],
  selectors: [2000, 'snippet/src/selectors.ts'],
  opencart: [2000, 'snippet/src/opencart.ts'],
  sw: [800, 'widgets/src/sw.ts'],
}

export const budgets = { stub: 250, core: 2600 }
for (const name of adapters) budgets[`snippet-${name}`] = 4800
for (const [name, [bytes]] of Object.entries(later)) budgets[name] = bytes

/** [name, entry] of every file that is served. */
export const entries = () =>
  [
    ...adapters.map((name) => [`snippet-${name}`, `snippet/src/main-${name}.ts`]),
    ...Object.entries(later).map(([name, [, entry]]) => [name, entry]),
  ].filter(([, entry]) => existsSync(join(root, entry)))

/** The first two lines a shop pastes, as docs/snippet.md has them. */
const stub = () => /```html\n([^]*?)```/.exec(readFileSync(join(root, 'docs/snippet.md'), 'utf8'))[1]

const NOT_CORE = /src\/(cart|signals)\/|src\/(cart|campaigns|load)\.ts$/

/** Every name that a file exports, and nothing behind it. */
const hollow = {
  name: 'hollow',
  setup: (build) => {
    build.onLoad({ filter: NOT_CORE }, ({ path }) => {
      const names = readFileSync(path, 'utf8').matchAll(/^export (?:const|let) (\w+)/gm)
      return { contents: [...names].map(([, name]) => `export const ${name} = () => {}`).join('\n') }
    })
  },
}

/** name -> bytes */
export const measure = async (files) => {
  const core = await shrink(await gather('snippet/src/main-api.ts', [hollow]))
  const sizes = { stub: brotli(Buffer.from(stub())).length, core: brotli(core.code).length }
  for (const [name] of entries()) sizes[name] = files[name].brotli
  return sizes
}
