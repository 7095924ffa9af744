// The snippet for OpenCart 3 and 4. What reads such pages comes later (opencart.ts): nothing on the first load needs it.
import { load } from './load.ts'
import { install } from './main.ts'

install({ listen: () => load('opencart') })
