// Copies what the console loads from npm into static/vendor: htmx and uPlot, as published.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(fileURLToPath(import.meta.url))
const out = join(root, 'static/vendor')
const files = {
  'htmx.js': ['htmx.org', 'dist/htmx.min.js'],
  'uplot.js': ['uplot', 'dist/uPlot.iife.min.js'],
  'uplot.css': ['uplot', 'dist/uPlot.min.css'],
}

mkdirSync(out, { recursive: true })
const versions = {}
for (const [name, [source, file]] of Object.entries(files)) {
  const folder = join(root, 'node_modules', source)
  copyFileSync(join(folder, file), join(out, name))
  versions[source] = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version
}
writeFileSync(join(out, 'versions.json'), `${JSON.stringify(versions, null, 1)}\n`)
