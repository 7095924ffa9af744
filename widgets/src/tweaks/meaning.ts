// What the browser's autofill should be told of a field, in the tokens of the HTML standard (section "Autofill").
// Nothing is said of what is not certain, and nothing at all of fields for money or secrets.
import { FIELD, kindOf, NO_FIELD } from '../kinds.ts'
import { isSeen } from './find.ts'

export type Field = HTMLInputElement

/** A part of the page for paying: whatever is in it is not ours to touch, cards above all. */
const MONEY = ':is(fieldset,section,div,li,ul,dl,iframe):is([id*=payment i],[class*=payment i])'
/** Beside the checkout: what is subscribed to or looked for there is another matter. */
const BESIDE = 'header,footer,nav,[role=banner],[role=contentinfo],[role=search],[class*=newsletter i]'
const SECRET = /^(card|cvc|expiry|password|coupon)$/
const SUFFIX = /(first|given|vor|forn)|(last|family|sur|nach|eftirn|apell)/
/** Something else than the first line of an address. */
const NUMBER = /numm?er|haus|house|(^|[^a-z])(nr|no)\b/
const LINE = [/(\D|^)3\b|\[2\]/, /(\D|^)2\b|\[1\]|addit|zusatz|suite|apart/]

/** Whether it may be touched at all. */
export const isOurs = (field: Field) =>
  field.matches?.(FIELD) &&
  !NO_FIELD.test(field.type) &&
  !SECRET.test(kindOf(field)) &&
  !/^(password|file|image|date|time|month|week)/.test(field.type) &&
  !field.closest(`${MONEY},${BESIDE}`)

/** Nor what a shopper cannot see: a trap for robots that the browser fills makes an order look like spam. */
export const isMeant = (field: Field) => isOurs(field) && isSeen(field)
export const fields = () => [...document.querySelectorAll<Field>(FIELD)].filter(isMeant)

const street = (field: Field, words: string) => {
  if (NUMBER.test(words)) return ''
  if (field.type === 'textarea') return 'street-address'
  const index = LINE.findIndex((line) => line.test(field.name) || line.test(field.id))
  return `address-line${index < 0 ? 1 : 3 - index}`
}

const person = (words: string) => {
  if (/user|login|nick|compan|firm|cc-/.test(words)) return ''
  const [, first, last] = SUFFIX.exec(words) || []
  return first ? 'given-name' : last ? 'family-name' : 'name'
}

const hasCodes = (field: unknown) =>
  [...((field as HTMLSelectElement).options || [])].some(({ value }) => /^[A-Z]{2}$/.test(value))

/** What it is for, without its section; '' where that is not certain. */
const tokenOf = (field: Field) => {
  const words = `${field.name} ${field.id}`.toLowerCase()
  switch (kindOf(field)) {
    case 'email':
      return 'email'
    case 'phone':
      return 'tel'
    case 'zip':
      return 'postal-code'
    case 'city':
      return 'address-level2'
    case 'country':
      return hasCodes(field) ? 'country' : 'country-name'
    case 'street':
      return street(field, words)
    case 'name':
      return person(words)
    default:
      return /compan|organi|firm/.test(words)
        ? 'organization'
        : /level1|state|region|provin|bundesl/.test(words)
          ? 'address-level1'
          : ''
  }
}

const of = (word: string) => `:is(fieldset,section,div,li,form):is([id*=${word} i],[class*=${word} i])`
const SECTIONS = [
  ['billing', /bill|rechn|invoi|fact/, `${of('billing')},${of('rechnung')},${of('invoice')}`],
  ['shipping', /ship|liefer|deliv|versand|livr/, `${of('shipping')},${of('lieferung')},${of('delivery')}`],
] as const

/** By the field's own name, else by the nearest part of the page that is called so. */
const sectionOf = (field: Field) =>
  SECTIONS.find(([, words]) => words.test(`${field.name} ${field.id}`.toLowerCase()))?.[0] ||
  SECTIONS.map(([name, , around]) => ({ name, part: field.closest(around) }))
    .filter(({ part }) => part)
    .sort((a, b) => (a.part?.contains(b.part as Element) ? 1 : -1))[0]?.name

/** The browser itself says '' of tokens that there are not. */
const isGiven = (said: string) => said && said !== 'on' && said !== 'off'

/** For `autocomplete`: the shop's own word where it is one. */
export const meaningOf = (field: Field) => {
  const said = field.autocomplete.toLowerCase()
  const token = tokenOf(field)
  // An e-mail field that is told to be filled with a name is the one contradiction that cannot be meant.
  const isWrong =
    /^(email|tel)$/.test(field.type) &&
    token === (field.type as string) &&
    !/email|tel|username|\*/.test(said)
  if (isGiven(said) && !isWrong) return said
  // A list of the shop's own opens as one types: two lists over each other help nobody.
  if (!token || field.list || field.matches('[role=combobox],[aria-autocomplete]')) return ''
  const section = /^(email|tel)$/.test(token) ? '' : sectionOf(field)
  return section ? `${section} ${token}` : token
}
