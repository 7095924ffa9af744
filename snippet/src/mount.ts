// Makes what a campaign shows. A file of its own, fetched with the first widget that may be wanted: whoever meets no campaign
// does not pay for it. When it opens is decided by the stage (stage.ts).
import type { Core } from './core.ts'
import { createContext } from './stage/context.ts'
import type { Campaign, Heimta, Made, Mount, Variant } from './types.ts'

/** gone: it has left the page by itself. Undefined where the widget could not be made. */
export type Maker = (campaign: Campaign, variant: Variant, gone: () => void) => Made | undefined

const page = window as unknown as { heimta: Heimta }
page.heimta('plugin', (core: Core) => {
  const { guard, parts } = core
  const make: Maker = (campaign, variant, gone) => {
    const context = createContext(core, campaign, variant, gone)
    const made = guard(parts[variant.content.widget] as Mount)(context)
    if (!made) return
    const open = guard(() => {
      context._open()
      made.open()
      return true
    })
    return {
      ...made,
      open: () => {
        if (!open()) gone() // half open: the next one may come
      },
    }
  }
  core.widget?.('mount', make)
})
