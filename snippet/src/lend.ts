// What the core has for others, put on it by name: what the shop's page may call, and what later files are lent (core.ts).
import { isCheckout } from './campaigns.ts'
import { tellCheckout, tellOrder, tellProduct, tellVisitor } from './cart/api.ts'
import { watchCart } from './cart/watch.ts'
import { putCart } from './cart.ts'
import { config, device, edge, isPreview, lang, shopUrl, tag } from './config.ts'
import { type Core, core } from './core.ts'
import { guard } from './guard.ts'
import { load, trust } from './load.ts'
import { isOpen, leave, track } from './outbox.ts'
import { record, save, write } from './storage.ts'

Object.assign(core, {
  // What the page may say of what it shows: heimta('cart', …)
  cart: putCart,
  product: tellProduct,
  order: tellOrder,
  checkout: tellCheckout,
  identify: tellVisitor,
  adapter: watchCart,
  // What files built apart are lent.
  plugin: (open: (lent: Core) => void) => open(core),
  config,
  edge,
  lang,
  device,
  isPreview,
  nonce: tag?.nonce || '',
  visitor: () => record,
  save,
  track,
  load,
  trust,
  shopUrl,
  guard,
  isOpen: () => isOpen,
  isCheckout,
  leave: () => {
    leave()
    write()
  },
})
