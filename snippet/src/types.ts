// The words of the wire and of the public config. Twins: server/heimta/model/*.py, docs/wire.md.
import type { CheckoutContent } from '../../widgets/src/content/checkout.ts'
import type { PopupContent } from '../../widgets/src/content/popup.ts'
import type { PushContent } from '../../widgets/src/content/push.ts'
import type { SurveyContent } from '../../widgets/src/content/survey.ts'
import type { Adapter } from './cart/adapter.ts'
import type { Core } from './core.ts'

/** One string for everyone, or one a language (primary tag: de, en, is). */
export type Text = string | Readonly<Record<string, string>>

export interface Line {
  sku: string
  name: string
  qty: number
  /** minor units, the price of one */
  unit_minor: number
  url?: string
  image?: string
}

/** A whole cart as the shop shows it. Empty: no lines, total 0. */
export interface Cart {
  id: string
  currency: string
  /** minor units per unit: 10 ** exponent */
  exponent: number
  total_minor: number
  lines: Line[]
  code?: string
}

/** What a field of a checkout is for: all that is ever told of it. */
export type FieldKind =
  | 'email'
  | 'phone'
  | 'name'
  | 'street'
  | 'zip'
  | 'city'
  | 'country'
  | 'card'
  | 'cvc'
  | 'expiry'
  | 'coupon'
  | 'password'
  | 'other'

/** Of the event checkout_fields: a field that was entered. */
export interface FieldLeft {
  kind: FieldKind
  state: 'filled' | 'empty' | 'error'
  ms: number
  /** more than one: corrected */
  changes: number
}

/** What an adapter or the shop hands in: the core gives it its id. */
export type CartSnapshot = Omit<Cart, 'id' | 'exponent'> & { exponent?: number }

export interface Trigger {
  on: 'exit' | 'after' | 'checkout' | 'engaged'
  after_s?: number
}

export interface Audience {
  min_cart_minor?: number
  max_cart_minor?: number
  min_items?: number
  pages?: string[]
  not_pages?: string[]
  devices?: ('pointer' | 'touch')[]
  languages?: string[]
  visitors?: 'all' | 'new' | 'returning'
  push?: 'any' | 'subscribed' | 'unsubscribed'
}

export interface Offer {
  kind: 'percent' | 'amount' | 'free_shipping'
  value: number
  expires_min: number
  min_cart_minor?: number
}

// Contents. The server fills every text, `labels` included, in the shop's languages.

export type Content = PopupContent | SurveyContent | CheckoutContent | PushContent

export interface Variant {
  id: string
  weight: number
  content: Content
}

export interface Campaign {
  id: string
  /** what `bucket` is salted with */
  salt: string
  version: number
  trigger: Trigger
  audience: Audience
  frequency: { max: number; per_h: number }
  priority: number
  /** buckets 0 to holdout - 1 see nothing; of 10,000 */
  holdout: number
  variants: Variant[]
  offer?: Offer
}

export interface Theme {
  accent: string
  on_accent: string
  surface: string
  ink: string
  radius_px: number
}

/** CSS, and after an @ the attribute to read instead of the text. Twin: Selectors in model/documents.py. */
export type SelectorName =
  | 'cart'
  | 'count'
  | 'empty'
  | 'line'
  | 'sku'
  | 'name'
  | 'qty'
  | 'price'
  | 'line_total'
  | 'url'
  | 'image'
  | 'total'
  | 'code'
  | 'currency'
  | 'order'
  | 'product'
  | 'product_sku'
  | 'product_name'
  | 'product_price'
  | 'product_image'

/** What the edge puts into the snippet in place of __HEIMTA_CONFIG__. Nothing secret is in it. */
export interface Config {
  shop: string
  /** changes with every change of the config */
  rev: string
  consent: 'ask' | 'implied'
  languages: string[]
  currency: string
  /** of `currency`, by ISO 4217: browsers differ, and CLDR says 0 where HUF or IDR have 2 */
  exponent: number
  free_shipping_minor?: number
  urls: { cart: string; checkout: string; restore: string; apply: string }
  /** which file this is: the shop document's `cart` */
  adapter?: string
  /** where the edge answers for the shop besides /s/{shop}: a path that the merchant has made up */
  path?: string
  /** the domain that shop and edge share: the edge sets the visitor's cookie on it */
  cookie?: string
  /** only with the adapter `selectors`: what is left out is the template's data-heimta-* */
  selectors?: Partial<Record<SelectorName, string>>
  theme: Theme
  push?: { key: string; sw: string }
  /** name -> [path on the edge, SRI] */
  widgets: Record<string, [string, string]>
  /** sorted: the larger priority first, then by id */
  campaigns: Campaign[]
}

export interface Claim {
  code: string
  kind: 'percent' | 'amount' | 'free_shipping'
  value: number
  /** server clock, ms */
  expires_at: number
}

export type How = 'close' | 'escape' | 'no' | 'back' | 'outside'

/** All a widget may ask of the snippet. Widgets never reach around it. */
export interface WidgetContext {
  content: Content
  campaign: Campaign
  /** the arm dealt: the variant's id */
  arm: string
  config: Config
  /** primary tag of the page's language, one of config.languages */
  lang: string
  /** where the edge is: https://edge.example */
  edge: string
  /** CSP nonce of the tag, or '' */
  nonce: string
  /** a script's address, good under Trusted Types too */
  trust(url: string): string
  /** the text in the shopper's language, {name} replaced from `values` */
  text(text: Text, values?: Record<string, string | number>): string
  cart(): Cart | null
  /** calls back at once and at every change; returns its own unbind */
  onCart(listen: (cart: Cart | null) => void): () => void
  money(minor: number): string
  track(name: string, props: object): void
  /** POST /s/{shop}/{path}; the visitor id is added. Rejects on anything but 2xx. */
  post(path: 'claim' | 'push', body: object): Promise<unknown>
  /** Puts the code on the shop's cart through config.urls.apply. */
  apply(code: string): Promise<boolean>
  /** The shopper said yes: campaign_accepted, and never shown again. */
  accepted(): void
  /** The widget is gone from the page. `how` is recorded unless accepted() came first. */
  closed(how: How): void
}

/** Paints at once, without a request; returns what takes it away again without a trace. */
export type Mount = (ctx: WidgetContext) => () => void

/** The one global. Before the snippet is there it is a stub that queues: heimta.q. */
export interface Heimta {
  (command: 'cart', cart: CartSnapshot): void
  (
    command: 'product',
    product: {
      sku: string
      name?: string
      unit_minor?: number
      currency?: string
      exponent?: number
      url?: string
      image?: string
    },
  ): void
  (command: 'order', order: { order: string }): void
  (command: 'checkout'): void
  /** consent: the shopper agrees to be written to; without it e-mail and phone are dropped here */
  (command: 'identify', visitor: { id?: string; email?: string; phone?: string; consent?: boolean }): void
  (command: 'consent', consent: { analytics: boolean; marketing: boolean }): void
  /** a shop's own, or one that comes later; cart/adapter.ts says what it is */
  (command: 'adapter', adapter: Adapter): void
  (command: 'widget', name: string, mount: Mount): void
  /** a file that comes later, the stage for one; what it is lent is in core.ts */
  (command: 'plugin', open: (core: Core) => void): void
  q?: IArguments[] | unknown[][]
}
