// What nobody needs in the first seconds of a page, in a file of its own that is fetched once there is consent: the signs of
// leaving, which mean nothing by then, and the end of a push subscription, which takes a yes before it.
import type { Core } from './core.ts'
import { unsubscribe } from './push.ts'
import { watchExit } from './signals/exit.ts'
import type { Heimta } from './types.ts'

const { heimta } = window as unknown as { heimta: Heimta }
heimta('plugin', (core: Core) => {
  const end = core.guard(unsubscribe)
  core.taps.push((what) => {
    if (what === 'erased') end()
  })
  // Fetched because of a no, with no consent on this page before it.
  if (!core.isOpen()) end()
  watchExit(core)
})
