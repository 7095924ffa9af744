// Makes elements by DOM calls only: no markup is parsed, so a shop's strictest CSP and Trusted Types let us live.
type Tags = HTMLElementTagNameMap

/** props are the element's properties (never `style`, never innerHTML); kids are elements or plain text. */
export const h = <K extends keyof Tags>(
  tag: K,
  props?: Partial<Tags[K]>,
  ...kids: (Node | string)[]
): Tags[K] => {
  const element = Object.assign(document.createElement(tag), props)
  element.append(...kids)
  return element
}

/** A web address, or '': never javascript:, data: or blob:. Relative ones are good. An anchor parses without throwing. */
export const web = (url = '') => {
  const anchor = h('a', { href: url })
  return /^https?:$/.test(anchor.protocol) ? anchor.href : ''
}
