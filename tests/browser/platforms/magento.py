"""Magento 2: private content in localStorage, a quote with the discount on two pages only, prices as HTML.

Shapes: Magento_Customer/js/customer-data, Magento_Checkout CustomerData/Cart and DefaultItem, checkoutConfig.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import ClassVar

from tests.browser.platform_shop import SECRETS, Ask, Cart, Json, Platform, Reply, Shopper, html

PRICES: dict[str, dict[str, Decimal]] = {
    "USD": {"WS12-M": Decimal("59.95"), "24-MB01": Decimal("34.10")},
    "JPY": {"WS12-M": Decimal("8900"), "24-MB01": Decimal("5100")},
}

# What customer-data does with localStorage and the cookie; RequireJS as far as it is asked here.
LUMA = """
const storage = () => JSON.parse(localStorage['mage-cache-storage'] || '{}')
const ids = () => {
  const [, found = '%7B%7D'] = document.cookie.match(/section_data_ids=([^;]+)/) || []
  return JSON.parse(decodeURIComponent(found))
}
const keep = (all, versions) => {
  localStorage['mage-cache-storage'] = JSON.stringify(all)
  document.cookie = 'section_data_ids=' + encodeURIComponent(JSON.stringify(versions)) + ';path=/'
}
const heard = []
const reload = async () => {
  const {cart} = await (await fetch('/customer/section/load?sections=cart')).json()
  keep({...storage(), cart, customer: {fullname: 'Jane Hidden'}}, {...ids(), cart: cart.data_id})
  for (const run of heard) run(cart)
}
const invalidate = () => {
  const {cart, ...rest} = storage()
  keep(rest, {...ids(), cart: (ids().cart || 0) + 1000})
}
// jQuery's ajaxComplete: what was posted to the cart makes its section invalid, and loads it again.
const post = async (path, fields) => {
  await fetch(path, {method: 'POST', body: new URLSearchParams(fields)})
  invalidate()
  await reload()
}
const totals = []
const modules = {
  'Magento_Customer/js/customer-data': {get: () => ({subscribe: (run) => heard.push(run)})},
  'Magento_Checkout/js/model/quote': {totals: Object.assign(
    () => checkoutConfig.totalsData, {subscribe: (run) => totals.push(run)})},
}
window.require = (names, run) => setTimeout(() => run(...names.map((name) => modules[name])), 30)
// As customer-data begins on each page: what is not there or older than the cookie says is loaded.
const started = storage().cart && storage().cart.data_id === ids().cart ? Promise.resolve() : reload()
"""


def formatted(amount: Decimal) -> str:
    return f'<span class="price">${amount:,.2f}</span>'


class Magento(Platform):
    adapter = "magento"
    config: ClassVar[Json] = {"currency": "USD"}

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self.currency = "USD"
        self.coupon = ""
        self.shipping = Decimal(0)
        self.version = 1_763_760_000

    def whole(self) -> Decimal:
        return sum((PRICES[self.currency][sku] * qty for sku, qty in self.lines.items()), Decimal(0))

    def goods(self) -> Decimal:
        return self.whole() - (Decimal("10.55") if self.coupon else 0)

    def truth(self) -> Cart:
        exponent = {"USD": 2, "JPY": 0}[self.currency]
        prices = PRICES[self.currency]
        lines = {sku: (qty, int(prices[sku] * 10**exponent)) for sku, qty in self.lines.items()}
        return Cart(self.currency, exponent, int(self.goods() * 10**exponent), lines, self.coupon)

    def shown(self, amount: Decimal) -> str:
        """As Magento_Tax's checkout/cart/item/price/sidebar.phtml writes it: here without tax."""
        return f'<span class="price-wrapper" data-label="Excl. Tax">{formatted(amount)}</span>'

    def net(self, amount: Decimal) -> Decimal:
        return amount

    def section(self) -> Json:
        self.version += 1
        prices = PRICES[self.currency]
        items = [
            {
                "item_id": "1", "product_id": "7", "product_sku": sku, "qty": qty,
                "product_name": "Tee &amp; &#039;Hat&#039;",
                "product_price": self.shown(prices[sku]),
                "product_price_value": f"{self.net(prices[sku]):.4f}",
                "product_url": "http://shop.example/tee.html", "product_image": {"src": "/tee.jpg"},
                "options": [{"label": "Engraving", "value": SECRETS[0]}],
            }
            for sku, qty in self.lines.items()
        ]  # fmt: skip
        return {
            "cart": {
                "summary_count": sum(self.lines.values()), "items": items, "data_id": self.version,
                "subtotal": formatted(self.whole()), "subtotalAmount": f"{self.whole():.4f}",
            }
        }  # fmt: skip

    def totals(self) -> Json:
        # As the totals of the REST API: `grand_total` without tax, its segment with it.
        return {
            "grand_total": float(self.goods()),
            "quote_currency_code": self.currency, "coupon_code": self.coupon,
            "shipping_incl_tax": float(self.shipping), "shipping_discount_amount": 0,
            "total_segments": [
                {"code": "subtotal", "value": float(self.whole())},
                {"code": "grand_total", "value": float(self.goods() + self.shipping)},
            ],
        }  # fmt: skip

    def reply(self, ask: Ask) -> Reply:
        if ask.path == "/customer/section/load":
            return Reply.data(self.section())
        if ask.method == "POST" and ask.path == "/checkout/cart/add":
            if ask.body["sku"] != "SOLD-OUT":
                self.lines[ask.body["sku"]] = self.lines.get(ask.body["sku"], 0) + int(ask.body["qty"])
            return Reply.data([])
        if ask.method == "POST" and ask.path == "/rest/V1/guest-carts/hiddenkey/payment-information":
            self.lines, self.coupon, self.shipping = {}, "", Decimal(0)
            return Reply.data("12")
        if ask.path in ("/", "/tee.html", "/checkout/cart/", "/checkout/", "/checkout/onepage/success/"):
            return self.page(ask.path)
        return Reply("", 404)

    def page(self, path: str) -> Reply:
        head, body, classes = f"<script>{LUMA}</script>", "", ""
        price = PRICES[self.currency]["WS12-M"]
        if path == "/tee.html":  # Luma says it in attributes
            classes = "catalog-product-view"
            body = (
                '<main itemscope itemtype="http://schema.org/Product"><h1>Tee</h1>'
                '<div itemprop="sku">WS12</div><div itemprop="offers" itemscope>'
                f'<meta itemprop="price" content="{price}">'
                f'<meta itemprop="priceCurrency" content="{self.currency}"></div></main>'
            )
        if path in ("/checkout/cart/", "/checkout/"):
            config = {"totalsData": self.totals(), "customerData": {"email": SECRETS[2]}}
            head += f"<script>window.checkoutConfig={json.dumps(config)}</script>"
            classes = "checkout-cart-index" if "cart" in path else "checkout-index-index"
        if path.endswith("/success/"):
            body = '<div class="checkout-success"><p>Your order # is: <span>000000012</span>.</p></div>'
        body += (
            '<div id="switcher-currency"><div class="switcher-trigger">'
            f'<strong class="language-{self.currency}"><span>{self.currency}</span></strong></div></div>'
        )
        return html(body, head=head, classes=classes)

    def buy(self, shopper: Shopper) -> None:
        shopper.open("/tee.html")
        shopper.sees_the_product("WS12", 5995, "USD")
        shopper.do("started.then(() => post('/checkout/cart/add', {sku: 'WS12-M', qty: 2}))")
        shopper.sees_the_truth()
        shopper.do("post('/checkout/cart/add', {sku: 'SOLD-OUT', qty: 1})")
        shopper.do("for (const run of heard) { run({}); run({}) }")
        shopper.sees_the_truth()
        shopper.do("post('/checkout/cart/add', {sku: '24-MB01', qty: 1})")
        shopper.sees_the_truth()
        self.coupon = "TEN"
        shopper.open("/checkout/cart/")
        shopper.sees_the_truth()
        # Private content knows nothing of the discount; it holds all the same.
        shopper.open("/")
        shopper.do("started.then(() => reload())")
        shopper.sees_the_truth()
        self.shipping = Decimal("5.00")
        shopper.open("/checkout/")
        shopper.starts_the_checkout()
        shopper.sees_the_truth()
        shopper.until("totals.length")
        self.coupon = ""  # taken off at the checkout: the quote's totals change in place
        shopper.do(f"Object.assign(checkoutConfig, {{totalsData: {json.dumps(self.totals())}}}); totals[0]()")
        shopper.sees_the_truth()
        self.currency = "JPY"
        self.shipping = Decimal(0)
        # What is posted to the switcher makes all sections invalid before the next page opens.
        shopper.do("invalidate()")
        shopper.open("/")
        shopper.do("started")
        shopper.sees_the_truth()
        # The order is placed, and the old cart is in localStorage until somebody asks.
        shopper.submit(
            "fetch('/rest/V1/guest-carts/hiddenkey/payment-information', {method: 'POST'})"
            ".then(() => location.assign('/checkout/onepage/success/'))"
        )
        shopper.has_ordered("000000012")
        shopper.open("/checkout/onepage/success/")
        shopper.has_ordered("000000012", is_news=False)
        shopper.do("started.then(() => { invalidate(); return reload() })")
        shopper.open("/tee.html")
        shopper.sees_the_product("WS12", 8900, "JPY")


class MagentoTaxed(Magento):
    """Prices are entered with tax, and shown with it and without: what is kept as a number has none."""

    def shown(self, amount: Decimal) -> str:
        with_tax = f"{amount:,.2f}".translate(str.maketrans(".,", ",."))
        return (
            '<span class="price-wrapper price-including-tax" data-label="Incl. 19% Tax">'
            f'<span class="price">{with_tax}\xa0€</span></span>{super().shown(self.net(amount))}'
        )

    def net(self, amount: Decimal) -> Decimal:
        return (amount / Decimal("1.19")).quantize(Decimal("0.0001"))
