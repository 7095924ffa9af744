"""Shopify: cart.js in hundredths of every currency, events that come before the change, a privacy API.

Shapes: shopify.dev (Ajax API: cart; Standard storefront events; Customer Privacy API), Dawn's product form.
"""

from __future__ import annotations

import json
from typing import ClassVar

from tests.browser.platform_shop import SECRETS, Ask, Cart, Json, Platform, Reply, Shopper, html

# Market -> currency, ISO 4217 exponent. The cart is shown in the market's currency.
MARKETS = {"/en/": ("EUR", 2), "/ja/": ("JPY", 0), "/ar/": ("KWD", 3)}
# Variant -> its price in hundredths, by currency.
PRICES = {
    "11": {"EUR": 1999, "JPY": 320_000, "KWD": 610},
    "12": {"EUR": 435, "JPY": 70_000, "KWD": 135},
}
SOLD_OUT = "99"

THEME = """
let answer = ''
const privacy = {
  analyticsProcessingAllowed: () => answer === 'yes',
  marketingAllowed: () => answer === 'yes',
  currentVisitorConsent: () => ({analytics: answer, marketing: answer, preferences: '', sale_of_data: ''}),
  accept: () => {
    answer = 'yes'
    document.cookie = 'said=yes;path=/'
    document.dispatchEvent(new CustomEvent('visitorConsentCollected', {detail: {analyticsAllowed: true}}))
  },
}
if (document.cookie.includes('said=yes')) answer = 'yes'
window.Shopify = {
  shop: 'hat.myshopify.com', routes: {root: ROOT},
  loadFeatures: (_, done) => setTimeout(() => { Shopify.customerPrivacy = privacy; done() }, 20),
}
window.ShopifyAnalytics = {meta: META}
const post = (path, fields) => {
  const body = new FormData()
  for (const [name, value] of Object.entries(fields)) body.set(name, value)
  return fetch(Shopify.routes.root.slice(0, -1) + path, {method: 'POST', body})
}
// As the standard events say: dispatched at the start, the promise resolves whatever comes of it.
const announced = (action, request, times = 1) => {
  const promise = request().then(async (got) => ({
    cart: await got.json(), userErrors: got.ok ? [] : [{code: 'SOLD_OUT', message: 'sold out'}],
  }))
  for (let n = 0; n < times; n++) document.querySelector('form').dispatchEvent(Object.assign(
    new Event('shopify:cart:lines-update', {bubbles: true}),
    {action, context: 'product', lines: [{quantity: 1}], promise},
  ))
  return promise
}
const later = () => new Promise((done) => setTimeout(done, 600))
"""


class Shopify(Platform):
    adapter = "shopify"
    config: ClassVar[Json] = {"consent": "ask"}

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self.market = "/en/"
        self.code = ""

    def amounts(self) -> tuple[int, int]:
        """Before and after the code, in hundredths."""
        currency, _ = MARKETS[self.market]
        whole = sum(PRICES[variant][currency] * qty for variant, qty in self.lines.items())
        return whole, whole - (whole // 10 if self.code else 0)

    def truth(self) -> Cart:
        currency, exponent = MARKETS[self.market]
        minor = {0: lambda a: a // 100, 2: lambda a: a, 3: lambda a: a * 10}[exponent]
        lines = {v: (qty, minor(PRICES[v][currency])) for v, qty in self.lines.items()}
        return Cart(currency, exponent, minor(self.amounts()[1]), lines, self.code)

    def cart(self) -> Json:
        currency, _ = MARKETS[self.market]
        whole, total = self.amounts()
        items = [
            {
                "id": int(v), "variant_id": int(v), "product_id": 1, "sku": None, "quantity": qty,
                "title": f"Hat - {v}", "product_title": "Hat", "variant_title": v,
                "price": PRICES[v][currency], "final_price": PRICES[v][currency],
                "final_line_price": PRICES[v][currency] * qty, "url": f"/products/hat?variant={v}",
                "image": "https://cdn.example/hat.jpg", "properties": {"Engraving": SECRETS[0]},
            }
            for v, qty in self.lines.items()
        ]  # fmt: skip
        return {
            "token": "c1?key=hiddenkey", "note": SECRETS[1], "attributes": {"mail": SECRETS[2]},
            "currency": currency, "item_count": sum(self.lines.values()), "items": items,
            "original_total_price": whole, "total_price": total, "total_discount": whole - total,
            "discount_codes": [{"code": "OLD", "applicable": False}]
            + ([{"code": self.code, "applicable": True}] if self.code else []),
        }  # fmt: skip

    def reply(self, ask: Ask) -> Reply:
        root = next((market for market in MARKETS if ask.path.startswith(market)), "")
        path = ask.path.removeprefix(root.rstrip("/"))
        variant = ask.body.get("id", "")
        if path == "/cart.js":
            return Reply.data(self.cart())
        if path in ("/cart/add", "/cart/change.js") and variant == SOLD_OUT:
            return Reply.data({"status": 422, "description": "sold out"}, 422)
        if path == "/cart/add":
            self.lines[variant] = self.lines.get(variant, 0) + int(ask.body["quantity"])
            return Reply.data(self.cart())
        if path in ("/cart/change.js", "/api/2026-07/graphql.json"):
            self.lines[variant] = int(ask.body["quantity"])
            return Reply.data(self.cart())
        if path == "/discount/TEN":
            self.code = "TEN"
            return Reply("", to=f"{root}cart")
        if not root:
            return Reply("", 404)
        self.market = root
        return self.page(root, path)

    def page(self, root: str, path: str) -> Reply:
        meta: Json = {"page": {"pageType": "home"}, "currency": MARKETS[root][0]}
        if path == "/products/hat":
            variants = [
                {"id": int(v), "name": f"Hat - {v}", "price": PRICES[v][meta["currency"]]} for v in PRICES
            ]
            meta |= {"product": {"id": 1, "variants": variants}, "selectedVariantId": "11"}
        script = THEME.replace("ROOT", json.dumps(root)).replace("META", json.dumps(meta))
        return html(
            '<form onsubmit="event.preventDefault()"><button name="checkout">Check out</button></form>',
            head=f"<script>{script}</script>",
        )

    def buy(self, shopper: Shopper) -> None:
        shopper.open("/en/products/hat?variant=11")
        shopper.until("window.Shopify.customerPrivacy")
        assert not [ask for ask in shopper.shop.asked if ask.path.endswith("cart.js")]
        shopper.do("privacy.accept()")
        shopper.sees_the_product("11", 1999, "EUR")
        # Dawn's product form tells nobody, and posts without `.js`.
        shopper.do("post('/cart/add', {id: '11', quantity: 2})")
        shopper.sees_the_truth()
        shopper.do("announced('add', () => post('/cart/add', {id: '99', quantity: 1}), 2)")
        shopper.sees_the_truth()
        # No request that can be told from any other, a slow one, and announced twice: only the promise knows.
        slow = "later().then(() => post('/api/2026-07/graphql.json', {id: '12', quantity: 3}))"
        shopper.do(f"announced('update', () => {slow}, 2)")
        shopper.sees_the_truth()
        shopper.open("/en/discount/TEN")
        shopper.sees_the_truth()
        shopper.open("/ja/products/hat")
        shopper.sees_the_product("11", 3200, "JPY")
        shopper.sees_the_truth()
        shopper.open("/ar/products/hat")
        shopper.sees_the_product("11", 6100, "KWD")
        shopper.sees_the_truth()
        shopper.do("document.querySelector('[name=checkout]').click()")
        shopper.starts_the_checkout()
        # Shopify's checkout and its thank-you page let nobody in. Back in the shop the cart is a new one.
        self.lines, self.code = {}, ""
        shopper.open("/en/")
        shopper.sees_the_truth()
