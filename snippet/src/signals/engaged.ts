// Tells that there is a person: the first tap, click, key or scroll.
import type { On } from '../guard.ts'

export const watchEngaged = (on: On, engaged: () => void) =>
  on(document, 'pointerdown keydown scroll', engaged)
