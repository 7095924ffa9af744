// The shopper's language, and the shop's words in it.
import type { Text } from './types.ts'

const primary = (tag: string) => tag.toLowerCase().split('-')[0] as string

/** The page's own language if the shop speaks it, else the browser's, else the shop's first. */
export const chooseLang = (languages: string[], page: string, browser: string) =>
  [page, browser].map(primary).find((tag) => languages.includes(tag)) || languages[0] || 'en'

export const say = (
  text: Text,
  lang: string,
  languages: string[],
  values: Record<string, string | number> = {},
) => {
  const words =
    typeof text === 'string'
      ? text
      : (text[lang] ?? text[languages[0] as string] ?? Object.values(text)[0] ?? '')
  return words.replace(/\{(\w+)\}/g, (hole, name) => String(values[name] ?? hole))
}
