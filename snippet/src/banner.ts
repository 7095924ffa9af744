// Listens to a consent banner that speaks IAB TCF or Google's Consent Mode, or both, whichever comes when. A file of its own,
// fetched where there is one; what has not been answered is waited for from the first look at it (main.ts).
import { readConsentMode, type Said } from './consent-mode.ts'
import { readTcf, type TcData } from './consent-tcf.ts'
import type { Core } from './core.ts'
import { listenLayer } from './layer.ts'
import type { Consent } from './storage.ts'
import type { Heimta } from './types.ts'

const LOOK_MS = 1000

type Tcf = (command: string, version: number, tell: (data: TcData, isGood: boolean) => void) => void

const page = window as unknown as { heimta: Heimta; __tcfapi?: Tcf; dataLayer?: unknown[] }

const open = ({ guard, visitor, said: past = 0 }: Core) => {
  /** A default undoes nothing that was said: here, on an earlier page, or in another tab meanwhile. */
  const isBarred = () =>
    (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl ||
    visitor().consent.analytics !== undefined ||
    localStorage.heimta?.includes('"analytics"')
  const hear = (said: Said) => page.heimta('consent', said as Consent)
  let isTcf = false
  let isMode = false
  let isDenied = false // by a default, somewhere: only Google knows where the shopper is
  const look = guard(() => {
    if (!isMode && page.dataLayer) {
      isMode = true
      // What was pushed before somebody else spoke, the shop itself for one, does not outweigh it by being read after it.
      // biome-ignore lint/suspicious/noExplicitAny: anything at all is pushed into dataLayer
      listenLayer((entry: any, at) => {
        const said = readConsentMode(entry)
        if (said === undefined) return
        isDenied ||= !said
        if (at < past) return
        // A granted default counts once all of them are there, and the banner has had the time that it asks for.
        const settle = () => isDenied || isBarred() || hear(said)
        if (!said || entry[1] === 'update') hear(said)
        else setTimeout(guard(settle), entry[2].wait_for_update)
      })
    }
    past = 0
    if (isTcf || !page.__tcfapi) return
    isTcf = true
    const tell = (data: TcData, isGood: boolean) => {
      if (isGood) hear(readTcf(data, isBarred()))
    }
    page.__tcfapi('addEventListener', 2, guard(tell))
  })
  look()
  setInterval(look, LOOK_MS)
}
page.heimta('plugin', open)
