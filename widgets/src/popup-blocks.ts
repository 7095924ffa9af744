// The popup with all its kinds and blocks, instead of popup.ts: for shops with a live campaign that uses one of them.
import type { Core } from '../../snippet/src/core.ts'
import { blocks } from './popup/blocks.ts'
import { popup } from './popup/popup.ts'

heimta('widget', 'popup', popup(blocks))
// Its pictures come with it, long before the shopper can leave: nothing is asked for as it paints.
heimta('plugin', ({ config }: Core) => {
  for (const [, src] of JSON.stringify(config.campaigns).matchAll(/"src":"([^"]+)/g))
    new Image().src = src as string
})
