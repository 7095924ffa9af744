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
  /** minor units, the price of one; left out where it could not be read */
  unit_minor?: number | undefined
  url?: string
  image?: string
}

/** A whole cart as the shop shows it. Empty: no lines, total 0. */
export interface Cart {
  id: string
  currency: string
  /** minor units per unit: 10 ** exponent */
  exponent: number
  /** left out where it could not be read: never a guess */
  total_minor?: number | undefined
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
  on: 'exit' | 'after' | 'checkout' | 'engaged' | 'order' | 'scroll' | 'idle' | 'added' | 'click' | 'call'
  after_s?: number
  /** of a sign of leaving, 0.5 to 1 */
  min_score?: number
  depth_pct?: number
  selector?: string
}

/** [begin, end) in minutes of a day; over midnight where the end comes first */
export type Span = [number, number]

export interface Audience {
  min_cart_minor?: number
  max_cart_minor?: number
  min_items?: number
  /** globs for the path; `checkout` for each page of it */
  pages?: string[]
  not_pages?: string[]
  // From here on rare: asked by the file `rules`.
  holds?: string[]
  not_holds?: string[]
  referrers?: string[]
  utm_sources?: string[]
  devices?: ('pointer' | 'touch')[]
  languages?: string[]
  visitors?: 'all' | 'new' | 'returning'
  min_visits?: number
  max_visits?: number
  /** by the shopper's own clock */
  hours?: Span[]
  push?: 'any' | 'subscribed' | 'unsubscribed'
  attributes?: Record<string, string[]>
}

/** In the shop's timezone. */
export interface Schedule {
  zone: string
  /** ms */
  starts?: number
  ends?: number
  /** as English has them: Mon, Tue, … */
  days?: string[]
  hours?: Span[]
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
  /** with: later files that it takes besides the widget's own */
  content: Content & { with?: string[] }
}

export interface Campaign {
  id: string
  /** what `bucket` is salted with */
  salt: string
  version: number
  trigger: Trigger
  audience: Audience
  schedule?: Schedule
  /** there is a rare condition in it, so the file `rules` must have come */
  rules?: true
  /** ever: in all. no: a no is for good. */
  frequency: { max: number; per_h: number; ever?: number; no?: true }
  priority: number
  /** buckets 0 to holdout - 1 see nothing; of 10,000 */
  holdout: number
  variants: Variant[]
  offer?: Offer
  /** whole; only where the campaign changes its shop's */
  theme?: Theme
}

/** CSS declarations, written by the server (rules/themes.py): --a accent, --o what is on it, --s surface, --i ink, --q quiet ink, --r radius, --p space, --f font, --c color-scheme. */
export type Theme = string

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
  /** a regular expression: path and query of the checkout's pages */
  checkout: string
  /** which file this is: the shop document's `cart` */
  adapter?: string
  /** where the edge answers for the shop besides /s/{shop}: a path that the merchant has made up */
  path?: string
  /** the domain that shop and edge share: the edge sets the visitor's cookie on it */
  cookie?: string
  /** only with the adapter `selectors`: what is left out is the template's data-heimta-* */
  selectors?: Partial<Record<SelectorName, string>>
  theme: Theme
  /** what a visitor is spared, if it is not 3 a day and a minute apart */
  attention?: { per_day: number; apart_s: number }
  push?: { key: string; sw: string }
  /** where messages are sent: what the preference centre says when the edge, which has its other words, does not answer */
  preferences?: Record<'close' | 'failed', Text>
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
  /** the same clock, when it answered */
  now: number
  /** of a campaign with prizes: which one, -1 for none of those that are shown */
  prize?: number
}

export type How = 'close' | 'escape' | 'no' | 'back' | 'outside'

/** All a widget may ask of the snippet. Widgets never reach around it. */
export interface WidgetContext {
  content: Content
  campaign: Campaign
  /** the arm dealt: the variant's id */
  arm: string
  config: Config
  /** the campaign's, or the shop's: CSS declarations of --a --o --s --i --q --r --p --f --c (rules/themes.py) */
  theme: string
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
  /** what a later file gave with heimta('widget', name, value): a content's `with` names those that are there */
  part(name: string): unknown
  cart(): Cart | null
  /** calls back at once and at every change; returns its own unbind */
  onCart(listen: (cart: Cart | null) => void): () => void
  /** '' for an unknown one */
  money(minor: number | undefined): string
  track(name: string, props: object): void
  /**
   * POST /s/{shop}/{path}; the visitor id is added. Rejects on anything but 2xx: with what the shopper is told, where trying
   * again would change nothing, else with something without words.
   */
  post(path: 'claim' | 'push', body: object): Promise<unknown>
  /** The shopper said yes: campaign_accepted, and never shown again. */
  accepted(): void
  /** The widget is gone from the page. `how` is recorded unless accepted() came first; left out, the shopper closed nothing. */
  closed(how?: How): void
}

/** What a widget has made: no trace of it is on the page yet. */
export interface Made {
  /**
   * <heimta-widget> or <heimta-push>, with one element in its shadow root. Put on the page by who has it made, unseen if there is
   * time (stage/place.ts). What interrupts and is not on the page any more is gone (stage.ts).
   */
  host?: HTMLElement
  /** It is seen: paints what is not in the host, takes its place above all else, its keys and the focus. */
  open?: () => void
  /** Takes it away without a word or a trace; also what was never seen. */
  remove: () => void
}

/** A widget. What interrupts is made before its moment comes: at the moment there is no time, and no request. */
export type Mount = (ctx: WidgetContext) => Made

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
  /** a later file has come: a widget, or a part of one */
  (command: 'widget', name: string, part: unknown): void
  /** the trigger `call` of a campaign */
  (command: 'show', campaign: string): void
  /** for audiences; at most 20 short words, never sent */
  (command: 'attributes', attributes: Record<string, string | number | boolean>): void
  /** takes everything of ours off this page */
  (command: 'remove'): void
  /** opens the preference centre: what messages are about, how often, or none */
  (command: 'preferences'): void
  /** a file that comes later, the stage for one; what it is lent is in core.ts */
  (command: 'plugin', open: (core: Core) => void): void
  q?: IArguments[] | unknown[][]
}
