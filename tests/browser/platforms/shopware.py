"""Shopware 6: cart.json without a currency, promotions among the lines, floats, a sales channel on a path.

Shapes: Storefront/Controller/CheckoutController.php, Cart and LineItem, layout/meta.html.twig (router),
header/actions/currency-widget.html.twig and language-widget.html.twig (6.4, 6.6, 6.7), page/product-detail
(microdata), page/checkout/finish.
"""

from __future__ import annotations

from typing import ClassVar

from tests.browser.platform_shop import ASKED, SECRETS, Ask, Cart, Json, Platform, Reply, Shopper, html

# What the storefront itself knows of prices: floats, added up as floats.
PRICES = {"EUR": {"SW-1.M": 19.99, "SW-2": 8.7}, "JPY": {"SW-1.M": 3200.0, "SW-2": 1400.0}}
EXPONENT = {"EUR": 2, "JPY": 0}
OFF = {"EUR": 3.33, "JPY": 500.0}

# The AddToCart plugin: posts the form, and shows the off-canvas cart; the cart's own forms do the same.
STOREFRONT = """
window.router = {'frontend.cart.offcanvas': '/de/checkout/offcanvas'}
const post = async (path, fields) => {
  const answer = await fetch('/de/checkout/' + path, {method: 'POST', body: new URLSearchParams(fields)})
  await answer.text()
  await (await fetch('/de/checkout/offcanvas')).text()
}
"""


class Shopware(Platform):
    """Up to 6.6 the menu names the chosen currency by its letters, below one that is made alike."""

    adapter = "shopware"
    config: ClassVar[Json] = {"currency": "EUR"}

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self.currency = "EUR"
        self.has_code = False

    def truth(self) -> Cart:
        exponent, prices = EXPONENT[self.currency], PRICES[self.currency]
        minor = lambda amount: round(amount * 10**exponent)  # noqa: E731
        lines = {sku: (qty, minor(prices[sku])) for sku, qty in self.lines.items()}
        total = sum(qty * unit for qty, unit in lines.values())
        off = minor(OFF[self.currency]) if self.has_code else 0
        return Cart(self.currency, exponent, total - off, lines, "TEN" if self.has_code else "")

    def item(self, sku: str, qty: int) -> Json:
        unit = PRICES[self.currency][sku]
        return {
            "id": "a" * 32, "referencedId": "b" * 32, "type": "product", "label": "Hut “Nord”", "good": True,
            "quantity": qty, "cover": {"url": "/media/hat.jpg"} if sku == "SW-2" else None,
            "price": {"unitPrice": unit, "quantity": qty, "totalPrice": unit * qty, "calculatedTaxes": []},
            "payload": {"productNumber": sku, "customFields": {"engraving": SECRETS[0]}},
        }  # fmt: skip

    def cart(self) -> Json:
        items = [self.item(sku, qty) for sku, qty in self.lines.items()]
        if self.has_code:
            off = -OFF[self.currency]
            items.append(
                {
                    "id": "c" * 32, "referencedId": "TEN", "type": "promotion", "label": "Ten", "quantity": 1,
                    "good": False, "price": {"unitPrice": off, "totalPrice": off}, "payload": {"code": "TEN"},
                }
            )  # fmt: skip
        goods = sum(item["price"]["totalPrice"] for item in items)
        return {
            "name": "storefront", "token": SECRETS[3], "lineItems": items, "errors": [],
            "price": {"netPrice": goods / 1.19, "totalPrice": goods + 4.99, "positionPrice": goods},
            "deliveries": [{"location": {"address": {"firstName": SECRETS[0], "street": SECRETS[1]}}}],
        }  # fmt: skip

    def reply(self, ask: Ask) -> Reply:
        path = ask.path.removeprefix("/de")
        if path == "/checkout/cart.json":
            return Reply.data(self.cart())
        if path == "/checkout/line-item/add":
            if ask.body["sku"] != "SOLD-OUT":
                self.lines[ask.body["sku"]] = self.lines.get(ask.body["sku"], 0) + int(ask.body["qty"])
            return Reply("")
        if path.startswith("/checkout/line-item/change-quantity/"):
            self.lines[path.rpartition("/")[2]] = int(ask.body["quantity"])
            return Reply("", to="/de/checkout/offcanvas")
        if path == "/checkout/promotion/add":
            self.has_code = True
            return Reply("")
        if path == "/checkout/configure":
            self.currency = ask.body["currencyId"]
            return Reply("", to="/de/")
        if path == "/checkout/offcanvas":
            return Reply("<div class='cart-offcanvas'></div>")
        return self.page(path)

    def menus(self) -> str:
        items = "".join(
            f'<li class="top-bar-list-item{" item-checked" if one == self.currency else ""}"><label>'
            f'<input class="top-bar-list-radio" name="currencyId" type="radio">{text}</label></li>'
            for one, text in (("EUR", "€ EUR"), ("JPY", "¥ JPY"))
        )
        languages = '<li class="top-bar-list-item item-checked">Deutsch</li>'
        return (
            f'<form class="language-form"><ul class="top-bar-list">{languages}</ul></form>'
            f'<form class="currency-form"><ul class="top-bar-list">{items}</ul></form>'
        )

    def page(self, path: str) -> Reply:
        body = self.menus()
        if path == "/hut":
            price = PRICES[self.currency]["SW-1.M"]
            body += (
                '<div itemscope itemtype="https://schema.org/Product">'
                '<meta itemprop="brand" content="Nord"><h1 itemprop="name">Hut</h1>'
                '<div itemprop="offers" itemscope itemtype="https://schema.org/Offer">'
                f'<meta itemprop="priceCurrency" content="{self.currency}">'
                f'<meta itemprop="price" content="{price}"></div>'
                '<span itemprop="sku"> SW-1.M </span></div>'
            )
        if path == "/checkout/finish":
            body += '<p class="finish-ordernumber" data-order-number="10042">Bestellnummer: #10042</p>'
        return html(body, head=f"<script>{STOREFRONT}</script>")

    def buy(self, shopper: Shopper) -> None:
        shopper.open("/de/hut")
        shopper.sees_the_product("SW-1.M", 1999, "EUR")
        shopper.do("post('line-item/add', {sku: 'SW-1.M', qty: 3})")
        shopper.sees_the_truth()
        shopper.do("post('line-item/add', {sku: 'SOLD-OUT', qty: 1})")
        shopper.do("post('line-item/add', {sku: 'SW-2', qty: 1})")
        shopper.sees_the_truth()
        shopper.do("post('promotion/add', {code: 'TEN'})")
        shopper.sees_the_truth()
        shopper.do("post('line-item/change-quantity/SW-1.M', {quantity: 1})")
        shopper.sees_the_truth()
        self.currency = "JPY"
        shopper.open("/de/")
        shopper.sees_the_truth()
        shopper.open("/de/checkout/register")
        shopper.starts_the_checkout()
        shopper.open("/de/checkout/confirm")
        shopper.starts_the_checkout()
        shopper.sees_the_truth()  # before the order ends it
        self.lines, self.has_code = {}, False
        for is_news in (True, False):  # the thank-you page is loaded again
            shopper.open(f"/de/checkout/finish?orderId={'d' * 32}")
            shopper.has_ordered("10042", is_news=is_news)
        shopper.open("/de/hut")
        shopper.sees_the_product("SW-1.M", 3200, "JPY")


class Shopware67(Shopware):
    """The menu has the currencies' names alone: the tag has the letters."""

    def on_tag(self) -> str:
        return f'data-heimta-currency="{self.currency}"'

    def menus(self) -> str:
        items = "".join(
            f'<li class="top-bar-list-item"><button class="dropdown-item d-flex gap-1'
            f'{" active" if one == self.currency else ""}" name="currencyId">'
            f'<span aria-hidden="true">{sign}</span> {text}</button></li>'
            for one, sign, text in (("EUR", "€", "Euro"), ("JPY", "¥", "Japanischer Yen"))
        )
        return f'<form class="currency-form"><ul class="top-bar-list dropdown-menu">{items}</ul></form>'


class Untold(Shopware67):
    """Nobody has written the letters on the tag: then no amount has a currency."""

    def on_tag(self) -> str:
        return ""

    def buy(self, shopper: Shopper) -> None:
        shopper.open("/de/hut")
        shopper.sees_the_product("SW-1.M", 1999, "EUR")
        shopper.do("post('line-item/add', {sku: 'SW-1.M', qty: 3})")
        shopper.do(ASKED)
        assert shopper.now() is None
