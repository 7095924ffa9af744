// What a shopper downloads first, beside others that watch, interrupt or push: `make size`. Their files as their makers
// publish them on npm, in the versions of package.json here, installed for this table alone. Where npm has only a loader
// or nothing, it says so; a figure in brackets was measured once from the maker's own source, in November 2026.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { measure } from '../../budgets.mjs'
import { brotli, root } from '../../bundle.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))

const peers = [
  ['ouibounce', 'ouibounce', 'build/ouibounce.min.js', 'signs of leaving only, mouse only'],
  ['Plausible', '@plausible-analytics/tracker', 'plausible.js', 'page views and events; no retry, no outbox'],
  ['Snowplow', '@snowplow/browser-tracker', 'dist/index.umd.min.js', 'tracker with outbox'],
  ['PostHog', 'posthog-js', 'dist/array.js', 'the file its own tag loads'],
  ['OneSignal', 'react-onesignal', 'dist/index.js', 'on npm only what loads the SDK below'],
]
const noted = [
  ['Umami 3.1.0', 4734, 2339, 2070, 'tracker is not on npm'],
  ['Matomo 5.2.0-b5', 67474, 21909, 19064, 'matomo.js is not on npm'],
  ['OneSignal 160608', 149021, 46438, 40113, 'page SDK, comes from its servers'],
]

const install = () => {
  const made = join(here, 'node_modules/.package-lock.json')
  const lock = join(here, 'package-lock.json')
  if (existsSync(made) && statSync(made).mtimeMs > statSync(lock).mtimeMs) return
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: here, stdio: 'inherit' })
}

const weigh = (code) => [code.length, gzipSync(code, { level: 9 }).length, brotli(code).length]
const number = (value) => value.toLocaleString('en').padStart(9)
const row = (name, sizes, what, mark = ' ') =>
  console.log(
    `${name.padEnd(30)}${sizes.map((size) => `${mark}${number(size)}${mark === '(' ? ')' : ' '}`).join('')}  ${what}`,
  )

install()
const { files } = JSON.parse(readFileSync(join(root, 'static/dist/manifest.json'), 'utf8'))
const ours = (name) => weigh(readFileSync(join(root, 'static/dist', files[name].file)))
const { core, stub } = await measure(files)
const add = (one, other) => one.map((size, at) => size + other[at])

console.log(`\n${'bytes'.padEnd(30)}        raw        gzip      brotli`)
for (const name of Object.keys(files).filter((one) => one.startsWith('snippet-'))) {
  const adapter = name.slice(8)
  row(`Heimta ${adapter}`, ours(name), 'first load: tracking, outbox, consent, cart, signs of leaving')
  if (files[adapter]) row('  and later', add(ours(name), ours(adapter)), 'with the whole adapter')
}
for (const [name, source, file, what] of peers) {
  const folder = join(here, 'node_modules', source)
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  row(`${name} ${version}`, weigh(readFileSync(join(folder, file))), what)
}
for (const [name, raw, gzip, small, what] of noted) row(name, [raw, gzip, small], what, '(')
const visitors = ['stage', 'popup', 'watch'].map((name) => `${name} ${files[name].brotli} B`).join(', ')
console.log(`\nHeimta without cart and later files: ${core} B brotli; what the shop pastes: ${stub} B.`)
console.log(`Only where there is a use for it: ${visitors}.`)
