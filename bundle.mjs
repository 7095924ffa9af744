// Makes one browser file of a TypeScript entry: esbuild follows the imports, terser makes it small, the source map leads
// through both. What terser may do is what leaves no trace in our own code; nothing "unsafe" about numbers or regexes.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { build } from 'esbuild'
import { minify } from 'terser'

export const root = dirname(fileURLToPath(import.meta.url))

export const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  })

/**
 * The snippet runs in tasks of its own, soon after its evaluation: what the page waits for is only to take down which tag it came
 * from, while V8 merely glances over the function that holds all of it. It parts itself (main.ts): what is to run next it names
 * heimtaBegin, and takes its turn. So on a slow phone none of these tasks is long. Where the page is left before, all at once.
 */
const LATER = {
  banner: {
    js: `((heimtaTag) => {
  let heimtaLeft
  let heimtaBegin = () => {
`,
  },
  footer: {
    js: `}
  const heimtaTurn = (event) => {
    heimtaLeft = event
    heimtaLeft ? heimtaBegin() : setTimeout(() => heimtaBegin())
  }
  heimtaTurn()
  addEventListener('pagehide', heimtaTurn)
})(document.currentScript)`,
  },
}

// V8 (Chrome 136 and later) then compiles all of it in the thread that fetches it, not function by function on the page's own.
const EAGER = '//# allFunctionsCalledOnLoad\n'

/** The whole program in one scope, still readable: what terser is given. */
export const gather = async (entry, plugins = []) => {
  const result = await build({
    entryPoints: [join(root, entry)],
    bundle: true,
    tsconfigRaw: { compilerOptions: { alwaysStrict: false } },
    minifySyntax: true,
    write: false,
    ...(/main-/.test(entry) ? { format: 'esm', ...LATER } : { format: 'iife' }),
    target: ['es2022'],
    legalComments: 'none',
    charset: 'utf8',
    mangleProps: /^_[^_]/, // not __tcfapi, which is the page’s
    sourcemap: 'external',
    outfile: 'x.js',
    absWorkingDir: root,
    plugins,
  })
  const text = (end) => result.outputFiles.find((file) => file.path.endsWith(end)).text
  return { code: text('.js'), map: text('.map'), head: /main-/.test(entry) ? EAGER : '' }
}

export const shrink = async ({ code, map, head }) => {
  const small = await minify(code, {
    ecma: 2020,
    compress: { passes: 3, unsafe_arrows: true, pure_getters: true, hoist_props: false, inline: 1 },
    format: { comments: false },
    sourceMap: { content: map },
  })
  // A line before the code is one before the mappings.
  const shifted = small.map.replace('"mappings":"', head ? '"mappings":";' : '"mappings":"')
  return { code: Buffer.from(head + small.code), map: Buffer.from(shifted) }
}
