// Makes what a campaign shows: a file of its own, fetched with the first widget that may be wanted, since most visitors meet
// none. When it opens is decided by the stage (stage.ts).
import type { Core } from './core.ts'
import { createContext } from './stage/context.ts'
import { type Placed, place } from './stage/place.ts'
import type { Campaign, Heimta, Mount, Variant } from './types.ts'

/** gone: it has left the page by itself. Undefined where the widget could not be made. */
export type Maker = (campaign: Campaign, variant: Variant, gone: () => void) => Placed | undefined

const page = window as unknown as { heimta: Heimta }
page.heimta('plugin', (core: Core) => {
  const { guard, parts } = core
  const make: Maker = (campaign, variant, gone) => {
    const context = createContext(core, campaign, variant, gone)
    const made = guard(parts[variant.content.widget] as Mount)(context)
    return made && place(made, guard, gone)
  }
  core.widget?.('mount', make)
})
