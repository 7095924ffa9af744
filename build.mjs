// Builds what browsers download into static/dist and writes its manifest; then copies the console's libraries.
//   node build.mjs          build
//   node build.mjs --size   build, then print every byte budget as PASS or FAIL
// Fast: the sources' hash is kept in the manifest, and an unchanged tree is left alone.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { build } from 'esbuild'

const root = dirname(fileURLToPath(import.meta.url))
const out = join(root, 'static/dist')

// One snippet file a cart adapter; the server chooses. Widgets are loaded when about to be needed.
const platforms = ['shopify', 'woocommerce', 'magento', 'prestashop', 'shopware', 'bigcommerce', 'opencart']
const snippets = ['api', 'datalayer', 'selectors', ...platforms].filter((name) =>
  existsSync(join(root, `snippet/src/main-${name}.ts`)),
)
const widgets = ['popup', 'survey', 'checkout', 'push', 'watch', 'debug'].filter((name) =>
  existsSync(join(root, `widgets/src/${name}.ts`)),
)
// The stage decides and shows; it comes before the widgets, for visitors who stay. The debug overlay is for merchants.
const lazy = {
  stage: 2200,
  popup: 2000,
  survey: 2000,
  checkout: 1500,
  push: 800,
  watch: 1200,
  debug: 4000,
  sw: 800,
}
const built = [...snippets.map((name) => `snippet-${name}`), 'stage', ...widgets, 'sw']
const budgets = Object.fromEntries(built.map((name) => [name, lazy[name] ?? 4800]))

const sources = ['snippet/src', 'widgets/src']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, String(name))),
  )
  .filter((name) => name.endsWith('.ts'))
  .sort()
const hash = createHash('sha256')
for (const name of [...sources, 'build.mjs', 'package-lock.json'])
  hash.update(name).update(readFileSync(join(root, name)))
const fingerprint = hash.digest('hex')

const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  })

const bundle = async (entry) => {
  const result = await build({
    entryPoints: [join(root, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['es2022'],
    legalComments: 'none',
    charset: 'utf8',
    mangleProps: /^_/,
    sourcemap: 'external',
    outfile: 'x.js',
    absWorkingDir: root,
  })
  const file = (end) => Buffer.from(result.outputFiles.find((f) => f.path.endsWith(end)).contents)
  return { code: file('.js'), map: file('.map') }
}

const main = async () => {
  const manifestFile = join(out, 'manifest.json')
  let manifest = existsSync(manifestFile) ? JSON.parse(readFileSync(manifestFile, 'utf8')) : {}
  if (manifest.fingerprint !== fingerprint) {
    mkdirSync(out, { recursive: true })
    const entries = [
      ...snippets.map((name) => [`snippet-${name}`, `snippet/src/main-${name}.ts`]),
      ['stage', 'snippet/src/stage.ts'],
      ...widgets.map((name) => [name, `widgets/src/${name}.ts`]),
      ['sw', 'widgets/src/sw.ts'],
    ]
    manifest = { fingerprint, files: {} }
    for (const [name, entry] of entries) {
      const { code, map } = await bundle(entry)
      const short = createHash('sha256').update(code).digest('hex').slice(0, 12)
      const file = `${name}.${short}.js`
      writeFileSync(join(out, file), code)
      writeFileSync(join(out, `${file}.map`), map)
      manifest.files[name] = {
        file,
        sri: `sha384-${createHash('sha384').update(code).digest('base64')}`,
        bytes: code.length,
        brotli: brotli(code).length,
      }
    }
    // The manifest last and at one stroke, then the old files: whoever reads meanwhile finds a whole set.
    const fresh = join(out, `manifest.${process.pid}`)
    writeFileSync(fresh, `${JSON.stringify(manifest, null, 1)}\n`)
    renameSync(fresh, manifestFile)
    const wanted = Object.values(manifest.files).flatMap(({ file }) => [file, `${file}.map`])
    for (const name of readdirSync(out))
      if (!wanted.includes(name) && name !== 'manifest.json') rmSync(join(out, name), { force: true })
  }
  if (!process.argv.includes('--size')) return
  let red = false
  for (const [name, budget] of Object.entries(budgets)) {
    const size = manifest.files[name]?.brotli
    const good = size !== undefined && size <= budget
    red ||= !good
    console.log(`${good ? 'PASS' : 'FAIL'} size-${name} ${size ?? 'missing'} B brotli (bar ${budget} B)`)
  }
  process.exitCode = red ? 1 : 0
}

await main()
await import('./console-assets.mjs')
