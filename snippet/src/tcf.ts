// Listens to a consent banner that speaks IAB TCF: `__tcfapi('addEventListener', 2, …)`. A file of its own, fetched where
// there is one; until its word, everything waits (main.ts).
import { readTcf, type TcData } from './consent-tcf.ts'
import type { Core } from './core.ts'
import type { Consent } from './storage.ts'
import type { Heimta } from './types.ts'

type Tcf = (command: string, version: number, tell: (data: TcData, isGood: boolean) => void) => void

const { heimta } = window as unknown as { heimta: Heimta }
heimta('plugin', ({ guard, visitor }: Core) => {
  const { __tcfapi: tcf } = window as unknown as { __tcfapi: Tcf }
  tcf(
    'addEventListener',
    2,
    guard((data, isGood) => {
      if (!isGood) return
      const { globalPrivacyControl } = navigator as { globalPrivacyControl?: boolean }
      const isBarred = !!globalPrivacyControl || visitor().consent.analytics === false
      heimta('consent', readTcf(data, isBarred) as Consent)
    }),
  )
})
