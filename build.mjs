// Builds what browsers download into static/dist and writes its manifest; then copies the console's libraries.
//   node build.mjs          build
//   node build.mjs --size   build, then print every byte budget as PASS or FAIL
//   node build.mjs --ratchet  the same against what was reached where a bar is not met yet
// Fast: the sources' hash is kept in the manifest, and an unchanged tree is left alone; in a changed one, so is each file
// whose code is the same.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { budgets, entries, measure, ratchet } from './budgets.mjs'
import { brotli, gather, root, shrink } from './bundle.mjs'

const out = join(root, 'static/dist')
const manifestFile = join(out, 'manifest.json')

const sources = ['snippet/src', 'widgets/src']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, String(name))),
  )
  .filter((name) => name.endsWith('.ts'))
  .sort()
const tools = ['build.mjs', 'budgets.mjs', 'bundle.mjs', 'package-lock.json']
const digest = (kind, data) => createHash(kind).update(data)
const toolHash = digest('sha256', tools.map((name) => readFileSync(join(root, name))).join()).digest('hex')

const hashOf = (names) => {
  const hash = createHash('sha256').update(toolHash)
  for (const name of names) hash.update(name).update(readFileSync(join(root, name)))
  return hash.digest('hex')
}

/** What the manifest says of a file; as before where the same code has been made small already. */
const make = async (name, entry, before) => {
  const whole = await gather(entry)
  const from = digest('sha256', toolHash + whole.code + whole.map).digest('hex')
  if (before?.from === from && existsSync(join(out, `${before.file}.map`))) return before
  const { code, map } = await shrink(whole)
  const file = `${name}.${digest('sha256', code).digest('hex').slice(0, 12)}.js`
  writeFileSync(join(out, file), code)
  writeFileSync(join(out, `${file}.map`), map)
  const sri = `sha384-${digest('sha384', code).digest('base64')}`
  return { file, sri, bytes: code.length, brotli: brotli(code).length, from }
}

const main = async () => {
  let manifest = existsSync(manifestFile) ? JSON.parse(readFileSync(manifestFile, 'utf8')) : {}
  const fingerprint = hashOf(sources)
  if (manifest.fingerprint !== fingerprint) {
    mkdirSync(out, { recursive: true })
    const before = manifest.files
    manifest = { fingerprint, files: {} }
    for (const [name, entry] of entries()) manifest.files[name] = await make(name, entry, before?.[name])
    // The manifest last and at one stroke, then the old files: whoever reads meanwhile finds a whole set.
    const fresh = join(out, `manifest.${process.pid}`)
    writeFileSync(fresh, `${JSON.stringify(manifest, null, 1)}\n`)
    renameSync(fresh, manifestFile)
    const wanted = Object.values(manifest.files).flatMap(({ file }) => [file, `${file}.map`])
    for (const name of readdirSync(out))
      if (!wanted.includes(name) && name !== 'manifest.json') rmSync(join(out, name), { force: true })
  }
  const bars = { '--size': budgets, '--ratchet': ratchet }[process.argv[2]]
  if (!bars) return
  const sizes = await measure(manifest.files)
  for (const [name, size] of Object.entries(sizes)) {
    const isGood = size <= bars[name]
    if (!isGood) process.exitCode = 1
    console.log(`${isGood ? 'PASS' : 'FAIL'} size-${name} ${size} B brotli (bar ${bars[name]} B)`)
  }
}

await main()
await import('./console-assets.mjs')
