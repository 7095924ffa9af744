// Tells browsers and phones what each field is for: filled by one tap, typed on the right keys, Enter leads on.
// Only where the shop says nothing, or what cannot be.
import { kindOf } from '../kinds.ts'
import type { Hand } from './hand.ts'
import { type Field, fields, meaningOf } from './meaning.ts'

/** Where postcodes are digits alone. Polish ones have a hyphen, which the keys of a phone's number pad have not. */
const DIGITS = /^(AT|AU|BE|BG|CH|CY|CZ|DE|DK|EE|ES|FI|FR|GR|HR|HU|IS|IT|LI|LU|MX|NO|NZ|RO|RS|SE|SI|SK|TR|US)$/

const KEYS: Record<string, string> = { email: 'email', phone: 'tel' }

/** Whether in every country that is chosen, or is the only one: an address for the invoice may have another. */
const isDigits = (all: Field[]) => {
  const countries = all.filter((field) => kindOf(field) === 'country')
  return !!countries[0] && countries.every(({ value }) => DIGITS.test(value))
}

const keysFor = (field: Field, areDigits: boolean) => {
  const kind = kindOf(field)
  if (kind === 'zip') return areDigits ? 'numeric' : ''
  return KEYS[kind] === field.type ? '' : KEYS[kind]
}

export const tellFields = ({ on, attr, watch }: Hand) => {
  const done = new WeakSet<Field>()
  const keyed = new WeakSet<Field>()

  const look = () => {
    const all = fields()
    const areDigits = isDigits(all)
    const texts = all.filter(({ localName }) => localName === 'input')
    for (const field of all) {
      const isText = field.localName === 'input'
      const keys = isText && keysFor(field, areDigits)
      // With another country the letters are back: a number pad has no way to them.
      if (keys ? /^(text)?$/.test(field.inputMode) : keyed.has(field)) {
        keyed.add(field)
        attr(field, 'inputmode', keys || 'text')
      }
      if (done.has(field)) continue
      done.add(field)
      const meaning = meaningOf(field)
      if (meaning && meaning !== field.autocomplete) attr(field, 'autocomplete', meaning)
      if (!isText) continue
      const isLast = texts.filter(({ form }) => form === field.form).pop() === field
      if (!field.enterKeyHint) attr(field, 'enterkeyhint', isLast ? 'done' : 'next')
    }
  }
  // Not at each change: the browser fills in ten fields at once, and on a slow phone that would be felt.
  on(document, 'change', watch(look))
  // What was folded away, as an address of its own for the invoice, can be seen after a click; and the keyboard opens now.
  on(document, 'focusin', ({ target }: { target: Field }) => {
    if (keyed.has(target) || !done.has(target)) look()
  })
  look()
}
