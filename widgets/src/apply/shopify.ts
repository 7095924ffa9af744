// Puts a code on a Shopify cart. Documented: shopify.dev/docs/api/ajax/reference/cart. `discount` replaces all codes, so the
// shopper's own stay in it. Whether ours counts is what the cart then says: /discount/ANYTHING answers 200, too.
import type { Apply } from './own.ts'

interface Page {
  Shopify?: { routes?: { root?: string } }
}
interface ShopCart {
  discount_codes: { code: string; applicable: boolean }[]
}

const apply: Apply = async (_config, code) => {
  const root = `${(window as Page).Shopify?.routes?.root || '/'}cart`
  const ask = async (path: string, discount?: string[]): Promise<ShopCart> => {
    const body = discount && new URLSearchParams({ discount: discount.join() })
    const answer = await fetch(root + path, {
      method: discount ? 'POST' : 'GET',
      body,
      cache: 'no-store',
      signal: AbortSignal.timeout?.(9999),
    } as RequestInit)
    return answer.json()
  }
  const codes = (await ask('.js')).discount_codes.map((one) => one.code)
  const cart = await ask('/update.js', [...codes, code])
  return cart.discount_codes.some((one) => one.code === code && one.applicable)
}

heimta('widget', 'apply', apply)
