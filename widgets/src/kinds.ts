// What a field of a checkout is for, by what the shop calls it: the words are read, never what is in the field.

export const FIELD = 'select,textarea,input'
/** Types of an input that nobody fills in: hidden, radio, range, reset, button, submit, search, checkbox, color. */
export const NO_FIELD = /^(h|ra|re|b|su|sea|c)/

export type Table = Record<string, RegExp>
/** The first that fits, in en, de, fr, es and is: `shipping_address[zip]` is a zip, `country_name` a country. */
const KINDS: Table = {
  other: /level1|state|region|compan|organi|firm/,
  coupon: /coup|vouch|promo|disc|gift|gutsch|rabat|remise|cup[oó]n|afsl/,
  password: /passw/,
  cvc: /c[sv][cv]|secur/,
  expiry: /exp/,
  card: /cc-|card|kart|kort|carte|tarj/,
  email: /mail|netf/,
  phone: /tel|phone|mobil|s[ií]m[ai]/,
  zip: /zip|post|plz|p[oó]stn/,
  city: /city|level2|town|ville|ciud|stadt|\bort|borg/,
  country: /countr|land\b|pays|pa[ií]s/,
  name: /name|nafn|nom\b|nombre|apell/,
  street: /stre|stra|addr|adres|rue|calle|direc|heimil/,
}

export const find = (table: Table, words: string) =>
  Object.keys(table).find((key) => table[key]?.test(words.toLowerCase()))

/** A FieldKind. What the shop says to the browser's autofill goes before what it calls the field. */
export const kindOf = ({ autocomplete, type, inputMode, name, id }: HTMLInputElement) =>
  find(KINDS, autocomplete) || find(KINDS, [type, inputMode, name, id].join()) || 'other'
