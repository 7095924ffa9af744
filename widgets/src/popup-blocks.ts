// The popup with all its kinds and blocks, instead of popup.ts: for shops with a live campaign that uses one of them.
import { blocks } from './popup/blocks.ts'
import { popup } from './popup/popup.ts'

heimta('widget', 'popup', popup(blocks))
