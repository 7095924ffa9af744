// The snippet for any other shop. What reads such pages comes later (selectors.ts): nothing on the first load needs it.
import { load } from './load.ts'
import { install } from './main.ts'

install({ listen: () => load('selectors') })
