// The popup of shops whose campaigns need no more than the cart and an offer, in the middle or in the corner.
import { popup } from './popup/popup.ts'

heimta('widget', 'popup', popup())
