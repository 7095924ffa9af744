// Puts a code on the cart of a shop that no platform's file knows: by an address of the shop's own. It says {"ok": true}
// to whoever asks for JSON once the code is on the cart. A page that answers 200 has promised nothing.
import type { Config } from '../../../snippet/src/types.ts'

/** Whether the code is on the cart. A shop that does not answer is waited for some ten seconds. May reject: then it is not, or nobody knows. */
export type Apply = (config: Config, code: string) => Promise<boolean>

const apply: Apply = async ({ urls }, code) => {
  const answer = await fetch(urls.apply.replace('{code}', code), {
    headers: { Accept: 'application/json' },
    signal: AbortSignal.timeout?.(9999),
  })
  return (await answer.json()).ok === true
}

heimta('widget', 'apply', apply)
