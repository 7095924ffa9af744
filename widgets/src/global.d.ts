// The one global of the page: each widget hands its mount to it.
import type { Heimta } from '../../snippet/src/types.ts'

declare global {
  const heimta: Heimta
}
