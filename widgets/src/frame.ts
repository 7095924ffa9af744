// A page of the merchant's own inside a popup. It is sandboxed as far as a browser can: no script, no form, no window, and
// an origin of its own, so that nothing in it reaches the shop. What is wrong with it is wrong in there.
import type { Frame } from './content/popup.ts'
import { h } from './dom.ts'
import type { Part } from './popup/blocks.ts'

interface Policies {
  createPolicy(name: string, rules: { createHTML(html: string): string }): typeof rules
}

let policy: ReturnType<Policies['createPolicy']> | undefined

/**
 * Under Trusted Types markup needs a policy: `trusted-types heimta heimta-frame` in the shop's CSP. Throws without it. There is
 * one: a second by its name is refused.
 */
const markup = (html: string): string => {
  const { trustedTypes } = window as unknown as { trustedTypes?: Policies }
  policy ||= trustedTypes?.createPolicy('heimta-frame', { createHTML: (one) => one })
  return policy ? policy.createHTML(html) : html
}

const frame: Part<Frame> = (ctx, { html, title, height }) => [
  'iframe{display:block;width:100%;margin-bottom:20px;border:0}',
  h('iframe', { sandbox: '' as never, srcdoc: markup(html), title: ctx.text(title), height: `${height}` }),
]

heimta('widget', 'html', frame)
