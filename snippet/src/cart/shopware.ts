// Shopware 6: the storefront's own cart.json. Its answer holds addresses and the session's token too; they are not touched.
import { knownCart } from '../cart.ts'
import { config, tag } from '../config.ts'
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

/**
 * cart.json says no currency. The tag does, and up to 6.6 the menu of a shop with several, as `€ EUR`. From 6.7 on the menu has names
 * alone: without the tag's word nothing is read then, rather than dollars as euros. Where a checkout has no menu it is as it was.
 */
const currencyOf = (): string =>
  tag?.dataset.heimtaCurrency ||
  (find('.currency-form')
    ? (/[A-Z]{3}/.exec(find('.currency-form .item-checked')?.textContent as string) as RegExpExecArray)[0]
    : knownCart()?.currency || config.currency)

const tellPage = () => {
  tellOrder({ order: find('.finish-ordernumber')?.dataset.orderNumber })
  if (/checkout\/(confirm|register)/.test(location.pathname)) tellCheckout()
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
