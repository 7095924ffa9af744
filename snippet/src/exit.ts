// The signs of leaving, in a file of their own: none of them means anything in the first seconds of a page, so that is when
// it is fetched, once there is consent.
import { watchExit } from './signals/exit.ts'
import type { Heimta } from './types.ts'

const { heimta } = window as unknown as { heimta: Heimta }
heimta('plugin', watchExit)
