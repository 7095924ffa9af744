// Makes one TypeScript file of the snippet importable here: bundled on the fly, neither minified nor mangled.
import { build } from 'esbuild'

export const load = async (name) => {
  const { outputFiles } = await build({
    entryPoints: [new URL(`../src/${name}`, import.meta.url).pathname],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  })
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`)
}
