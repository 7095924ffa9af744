// Tells browsers and phones what each field is for: filled by one tap, typed on the right keys, Enter leads on.
// Only where the shop says nothing, or what cannot be.
import { kindOf } from '../kinds.ts'
import type { Hand } from './hand.ts'
import { type Field, fields, meaningOf } from './meaning.ts'

/** Where postcodes are digits alone. Polish ones have a hyphen, which the keys of a phone's number pad have not. */
const DIGITS = /^(AT|AU|BE|BG|CH|CY|CZ|DE|DK|EE|ES|FI|FR|GR|HR|HU|IS|IT|LI|LU|MX|NO|NZ|RO|RS|SE|SI|SK|TR|US)$/

const KEYS: Record<string, string> = { email: 'email', phone: 'tel' }

/** As the shopper has chosen it, or as the only one there is. */
const countryOf = (all: Field[]) => all.find((field) => kindOf(field) === 'country')?.value || ''

const keysFor = (field: Field, country: string) => {
  const kind = kindOf(field)
  if (kind === 'zip') return DIGITS.test(country) ? 'numeric' : ''
  return KEYS[kind] === field.type ? '' : KEYS[kind]
}

export const tellFields = ({ on, attr, watch }: Hand) => {
  const done = new WeakSet<Field>()

  const look = () => {
    const all = fields()
    const country = countryOf(all)
    const texts = all.filter(({ localName }) => localName === 'input')
    for (const field of all) {
      if (done.has(field)) continue
      done.add(field)
      const meaning = meaningOf(field)
      if (meaning && meaning !== field.autocomplete) attr(field, 'autocomplete', meaning)
      if (field.localName !== 'input') continue
      const keys = keysFor(field, country)
      if (keys && /^(text)?$/.test(field.inputMode)) attr(field, 'inputmode', keys)
      const isLast = texts.filter(({ form }) => form === field.form).pop() === field
      if (!field.enterKeyHint) attr(field, 'enterkeyhint', isLast ? 'done' : 'next')
    }
  }
  watch(look)
  // What was folded away, as an address of its own for the invoice, can be seen after a click.
  on(document, 'focusin change', look)
  look()
}
