// Reads a price off the page, written for shoppers: 1.234,50 €, ¥1,200, KD 1.250, ١٬٢٣٤٫٥٠. Exact, or not at all: a text
// that could be two prices is none, since a wrong total is worse than a missing one.

/** Bengali's and Devanagari's digits begin at a 6 in Unicode's table, all the others' at a 0. */
const digit = (letter: string) =>
  `${((letter.codePointAt(0) as number) % 16) - (/[०-९০-৯]/.test(letter) ? 6 : 0)}`

/** Minor units; undefined when it cannot be told. lang: the page's. isPlain: written for programs, as 1234.5 is. */
export const readPrice = (
  text: string,
  exponent: number,
  lang: string,
  isPlain?: boolean,
): number | undefined => {
  const [found, ...more] = text
    .replace(/\p{Nd}/gu, digit)
    .replace(/[\d.,]+\s*%|[\u061c\u200e\u200f]/g, '') // 19 % of tax is no price
    .match(/[-−–]?[^\d\s]{0,3}\s?\d([\d.,'’٬٫\s]*\d)?/g) || ['-']
  const number = (found as string).replace(/^[^\d−–-]+/, '').replace(/\s/g, ' ')
  if (more[0] || /[−–-]/.test(number)) return undefined
  const whole = number.split(/\D/)
  const marks: string[] = number.match(/\D/g) || []
  const last = marks.at(-1) as string
  const tail = whole.at(-1) as string
  let isPoint = /[.,٫]/.test(last) && marks.indexOf(last) === marks.length - 1
  // Three digits after the only mark are a thousand, or the fils of a dinar: there the language must have the mark.
  if (isPoint && !isPlain && !marks[1] && tail.length === 3 && !/^0|^\d{4}|٫/.test(whole[0] + last)) {
    isPoint = exponent === 3
    if (isPoint && last !== (/,/.test((1.5).toLocaleString(lang)) ? ',' : '.')) return undefined
  }
  const fraction = isPoint ? (whole.pop() as string).replace(/0+$/, '') : ''
  if (isPoint) marks.pop()
  const isGrouped = whole.every(({ length }, at) =>
    at ? length === 3 || (length === 2 && at < whole.length - 1) : !marks[0] || length < 4,
  )
  return isGrouped && fraction.length <= exponent && marks.every((mark) => mark === marks[0])
    ? +(whole.join('') + fraction.padEnd(exponent, '0'))
    : undefined
}
