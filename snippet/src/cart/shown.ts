// Reads a cart off a page that was made for shoppers, by rules that say what stands where. For files that come later.
import type { Core } from '../core.ts'
import { exponentOf } from '../money.ts'
import type { CartSnapshot, Line, SelectorName } from '../types.ts'
import { readPrice } from './price.ts'

export type Rules = Partial<Record<SelectorName, string>>
type Said = [text: string, isPlain?: boolean] | undefined

/** `css@attribute`, taken apart. Attributes have no prefix within a product: data-heimta-sku serves lines and products. */
const ruleOf = (rules: Rules, name: SelectorName): [css: string, attribute?: string] => {
  const plain = `data-heimta-${name.replace('product_', '').replace('_', '-')}`
  return (rules[name] || `[${plain}]@${plain}`).split(/@(?=[\w:.-]+$)/) as [string, string?]
}

export const find = (rules: Rules, name: SelectorName, root: ParentNode): Element | null => {
  const [css] = ruleOf(rules, name)
  return !css || (root as Element).matches?.(css) ? (root as Element) : root.querySelector(css)
}

/** What is said there, and whether it is said for programs. A field that is typed in says what stands in it now. */
export const say = (rules: Rules, name: SelectorName, root: ParentNode): Said => {
  const element = find(rules, name, root) as HTMLInputElement | null
  if (!element) return
  const [, attribute] = ruleOf(rules, name)
  const given = attribute && element.getAttribute(attribute)?.trim()
  if (given) return [given, /^\d+\.?\d*$/.test(given)]
  if (element.matches('input,select,textarea')) return [element.value]
  // 19<sup>99</sup>: two numbers to the eye, one to textContent.
  return [/\d\s*(<[^>]*>\s*)+\d/.test(element.innerHTML) ? '' : (element.textContent as string).trim()]
}

export const integer = (said: Said) => {
  const [digits] = said?.[0].match(/\d+/) || []
  return digits ? +digits : undefined
}

export const readShown = (said: Said, exponent: number, { lang }: Core) =>
  said ? readPrice(said[0], exponent, lang, said[1]) : undefined

/** Nothing where what stands there is no code: then no amount can be read. */
export const currencyOf = (core: Core, rules: Rules, root: ParentNode) =>
  /[A-Z]{3}/.exec(say(rules, 'currency', root)?.[0] ?? core.config.currency)?.[0]

/** The cart as a document shows it; null when it shows none. isEmpty: that a cart without lines is really one. */
export const readCart = (
  core: Core,
  rules: Rules,
  root: ParentNode,
  isEmpty: boolean,
  currency = currencyOf(core, rules, root),
): CartSnapshot | null => {
  if (!currency) return null
  const exponent = exponentOf(currency, core.config)
  const price = (name: SelectorName, from: ParentNode) => readShown(say(rules, name, from), exponent, core)
  const text = (name: SelectorName, from: ParentNode) => say(rules, name, from)?.[0] || ''
  const holder = find(rules, 'cart', root) || root
  let sum = 0
  const lines: Line[] = []
  for (const each of holder.querySelectorAll(ruleOf(rules, 'line')[0])) {
    const sku = text('sku', each)
    const qty = integer(say(rules, 'qty', each) || ['1'])
    const unit = price('price', each)
    if (!sku || !qty) continue
    const all = price('line_total', each) ?? (unit as number) * qty // NaN when neither is there: no sum then
    sum += all
    lines.push({
      sku,
      qty,
      name: text('name', each),
      unit_minor: unit ?? all / qty,
      url: text('url', each),
      image: text('image', each),
    })
  }
  if (!lines[0] && !isEmpty) return null
  const total_minor = find(rules, 'total', root) ? (price('total', root) ?? Number.NaN) : sum
  return { currency, exponent, total_minor, lines, code: text('code', root) }
}
