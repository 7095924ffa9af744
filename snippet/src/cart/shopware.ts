// Shopware 6: the storefront's own cart.json. Its answer holds addresses and the session's token too; they are not touched.
import { knownCart } from '../cart.ts'
import { config } from '../config.ts'
import type { Adapter } from './adapter.ts'
import { scaleOf } from './amounts.ts'
import { tellCheckout, tellOrder } from './api.ts'
import { ask } from './ask.ts'
import { tellPageProduct } from './schema.ts'

interface Item {
  good: boolean
  label: string
  quantity: number
  referencedId: string
  price: { unitPrice: number }
  cover?: { url?: string }
  payload: { productNumber?: string; code?: string }
}

const find = (css: string) => document.querySelector<HTMLElement>(css)

/** cart.json says no currency. The menu of a shop with several does, and where a checkout has no menu it is as it was. */
const currencyOf = () =>
  find('.currency-form .item-checked')?.closest<HTMLElement>('[title]')?.title ||
  knownCart()?.currency ||
  config.currency

const tellPage = () => {
  const order = find('.finish-ordernumber')?.dataset.orderNumber
  if (order) tellOrder({ order })
  else if (/checkout\/(confirm|register)/.test(location.pathname)) tellCheckout()
  tellPageProduct()
}

export const shopware: Adapter = {
  page: tellPage,
  read: async () => {
    const currency = currencyOf()
    const scale = scaleOf(currency)
    // Where a sales channel has a path of its own (/de), only its router knows.
    const { router } = window as unknown as { router: Record<string, string> }
    const { lineItems, price } = await ask(`${router['frontend.cart.offcanvas']}/../cart.json`)
    const items: Item[] = lineItems
    return {
      currency,
      total_minor: price.positionPrice * scale,
      code: items.find(({ payload }) => payload.code)?.payload.code,
      lines: items
        .filter(({ good }) => good) // a promotion is none
        .map(({ label, quantity, referencedId, price, cover, payload }) => ({
          sku: payload.productNumber || referencedId,
          name: label,
          qty: quantity,
          unit_minor: price.unitPrice * scale,
          image: cover?.url,
        })),
    }
  },
  requests: /checkout\/(line|product|promotion|offcanvas|configure|cart\/)/,
}
