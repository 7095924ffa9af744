// Fetches a widget's file before it is needed, so that there is no request at the moment of leaving.
import { config, edge, tag } from './config.ts'
import { guard } from './guard.ts'

const asked = new Set<string>()

/** Under Trusted Types a script's address needs a policy; `trusted-types heimta` in the shop's CSP allows ours. */
interface Policies {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): typeof rules
}
const rules = { createScriptURL: (url: string) => url }
let policy: typeof rules | undefined

/** A script's address as the page's policy wants it. There is one policy: a second by its name is refused. */
export const trust = (url: string) => {
  const { trustedTypes } = window as unknown as { trustedTypes?: Policies }
  policy ||= trustedTypes?.createPolicy('heimta', rules) || rules
  return policy.createScriptURL(url)
}

/** Within a second: a page that is never idle has its widgets all the same. Safari has no idle callback. */
export const idle = (run: () => void) => {
  // To setTimeout the options are a delay of 0.
  ;(window.requestIdleCallback || setTimeout)(guard(run), { timeout: 1e3 } as IdleRequestOptions & number)
}

export const load = (name: string) => {
  const [path, integrity] = config.widgets[name] || []
  if (!path || asked.has(name)) return
  asked.add(name)
  const add = () => {
    const script = document.createElement('script')
    Object.assign(script, { src: trust(edge + path), integrity, crossOrigin: '', nonce: tag?.nonce })
    document.head.append(script)
  }
  idle(add)
}
