// How near free shipping is, where the merchant has said before what it goes.
import type { Tweaks } from './checkout.ts'
import { showProgress } from './tweaks/progress.ts'

const help: Tweaks = showProgress
heimta('widget', 'checkout-progress', help)
