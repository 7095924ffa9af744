// Fetches what reads the page's product, where there is something to read: schema.org's words (snippet/src/schema.ts).
import { load } from '../load.ts'

export const tellPageProduct = () => {
  if (document.querySelector('[type*="ld+"],[itemtype]')) load('schema')
}
