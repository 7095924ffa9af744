// Shopware 6: the storefront's own cart.json. Its answer holds addresses and the session's token too; they are not touched.
import { config } from '../config.ts'
import type { Adapter } from './adapter.ts'
import { amounts } from './amounts.ts'
import { tellCheckout, tellOrder } from './api.ts'
import { ask } from './ask.ts'
import { tellPageProduct } from './schema.ts'

interface Item {
  type: string
  label: string
  quantity: number
  referencedId: string
  price: { unitPrice: number }
  cover?: { url?: string }
  payload: { productNumber?: string; code?: string }
}

const find = (css: string) => document.querySelector<HTMLElement>(css)

/** cart.json says no currency. The cart's pages do, and the menu of a shop with several; else there is only one. */
const currencyOf = () =>
  find('.hidden-line-items-information')?.dataset.currency ||
  find('.currency-form .item-checked')?.closest<HTMLElement>('[title]')?.title ||
  config.currency

const tellPage = () => {
  const order = find('.finish-ordernumber')?.dataset.orderNumber
  if (order) tellOrder({ order })
  else if (/\/checkout\/(confirm|register)/.test(location.pathname)) tellCheckout()
  tellPageProduct()
}

export const shopware: Adapter = {
  page: tellPage,
  read: async () => {
    const { minor, ...money } = amounts(currencyOf())
    // Where a sales channel has a path of its own (/de), only its router knows.
    const { router } = window as unknown as { router?: Record<string, string> }
    const url = (router?.['frontend.cart.offcanvas'] || '/checkout/offcanvas').replace(
      /offcanvas$/,
      'cart.json',
    )
    const { lineItems, price } = await ask(url)
    const items: Item[] = lineItems
    return {
      ...money,
      total_minor: minor(price.positionPrice),
      code: items.find(({ payload }) => payload.code)?.payload.code,
      lines: items
        .filter(({ type }) => type !== 'promotion')
        .map(({ label, quantity, referencedId, price, cover, payload }) => ({
          sku: payload.productNumber || referencedId,
          name: label,
          qty: quantity,
          unit_minor: minor(price.unitPrice),
          image: cover?.url,
        })),
    }
  },
  requests: /\/checkout\/(line-item|product|promotion|offcanvas)|\/checkout\/cart\/|checkout\/configure/,
}
