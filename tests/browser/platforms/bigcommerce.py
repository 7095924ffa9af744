"""BigCommerce: a list of no cart or one, bundles with their parts, an order page without its number.

Shapes: Storefront API carts, checkout-sdk-js cart types, stencil-utils api/cart.js, Cornerstone's JSON-LD.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import ClassVar

from tests.browser.platform_shop import SECRETS, Ask, Cart, Json, Platform, Reply, Shopper, html

PRICES = {"KIT": Decimal("24.95"), "77": Decimal("4.35"), "E-BOOK": Decimal("9.90")}
PRODUCT = {
    "@context": "https://schema.org/", "@type": "Product", "name": "Kit", "sku": "KIT", "url": "http://elsewhere/kit/",
    "offers": {"@type": "Offer", "priceCurrency": "USD", "price": "24.95", "priceValidUntil": "2027-11-22"},
    "review": [{"@type": "Review", "author": {"@type": "Person", "name": "Q"}}],
}  # fmt: skip
RANGE = {**PRODUCT, "sku": "HAT", "offers": {"@type": "Offer", "priceCurrency": "USD", "minPrice": "5"}}

# stencil-utils: every change of the cart is a POST to /remote/v1, then the theme fetches the parts it shows.
STENCIL = """
const change = async (path, fields) => {
  const body = new FormData()
  for (const name in fields) body.append(name, fields[name])
  await fetch('/remote/v1/' + path, {method: 'POST', body})
  await (await fetch('/cart.php')).text()
}
"""


class BigCommerce(Platform):
    adapter = "bigcommerce"
    config: ClassVar[Json] = {"currency": "USD"}

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self.coupon = False

    def total(self) -> Decimal:
        whole = sum((PRICES[sku] * qty for sku, qty in self.lines.items()), Decimal(0))
        return whole - (Decimal("5.05") if self.coupon else 0)

    def truth(self) -> Cart:
        lines = {sku: (qty, int(PRICES[sku] * 100)) for sku, qty in self.lines.items()}
        return Cart("USD", 2, int(self.total() * 100), lines, "TEN" if self.coupon else "")

    def item(self, sku: str, qty: int) -> Json:
        price = float(PRICES[sku])
        return {
            "id": "i1", "parentId": None, "variantId": 77, "productId": 5, "sku": "" if sku == "77" else sku,
            "name": "Kit", "url": "http://shop.example/kit/", "imageUrl": "https://cdn.example/kit.jpg",
            "quantity": qty, "listPrice": price + 1, "salePrice": price, "extendedSalePrice": price * qty,
            "giftWrapping": {"name": "Paper", "message": SECRETS[0], "amount": 0},
        }  # fmt: skip

    def carts(self) -> list[Json]:
        if not self.lines:
            return []
        kinds = {"digitalItems": ["E-BOOK"], "physicalItems": ["KIT", "77"]}
        items: Json = {
            kind: [self.item(sku, self.lines[sku]) for sku in skus if sku in self.lines]
            for kind, skus in kinds.items()
        }
        # What is in the kit has lines of its own, which cost nothing more.
        if "KIT" in self.lines:
            items["physicalItems"].append({**self.item("77", 1), "parentId": "i1", "salePrice": 0})
        items["giftCertificates"] = [{"sender": {"name": SECRETS[0], "email": SECRETS[2]}}]
        return [
            {
                "id": "e7e5-uuid", "customerId": 9, "email": SECRETS[2], "lineItems": items,
                "currency": {"name": "US Dollars", "code": "USD", "symbol": "$", "decimalPlaces": 2},
                "baseAmount": 99.5, "cartAmount": float(self.total()), "discountAmount": 0,
                "coupons": [{"code": "TEN", "discountedAmount": 5.05}] if self.coupon else [],
            }
        ]  # fmt: skip

    def reply(self, ask: Ask) -> Reply:
        match ask.path:
            case "/api/storefront/carts":
                return Reply.data(self.carts())
            case "/remote/v1/cart/add" | "/remote/v1/cart/update":
                if ask.body["sku"] == "SOLD-OUT":
                    return Reply.data({"data": {"error": "Out of stock"}})
                self.lines[ask.body["sku"]] = int(ask.body["qty"])
                return Reply.data({"data": {"cart_id": "e7e5-uuid"}})
            case "/remote/v1/cart/remove":
                self.lines = {}
                return Reply.data({"data": {"status": "succeed"}})
            case "/remote/v1/apply-code":
                self.coupon = True
                return Reply.data({"data": {"status": "success"}})
        data = {"/kit/": PRODUCT, "/hat/": RANGE}.get(ask.path)
        head = f'<script type="application/ld+json">{json.dumps(data)}</script>' if data else ""
        return html("<main></main>", head=f"{head}<script>{STENCIL}</script>")

    def buy(self, shopper: Shopper) -> None:
        shopper.open("/kit/")
        shopper.sees_the_product("KIT", 2495, "USD")
        shopper.do("change('cart/add', {sku: 'KIT', qty: 1})")
        shopper.sees_the_truth()
        shopper.do("change('cart/add', {sku: 'SOLD-OUT', qty: 1})")
        shopper.do("change('cart/add', {sku: '77', qty: 3})")
        shopper.sees_the_truth()
        shopper.do("change('apply-code', {code: 'TEN'})")
        shopper.sees_the_truth()
        shopper.open("/hat/")  # from 5 to 9 is no price
        shopper.sees_the_product("HAT", None, "USD")
        shopper.do("change('cart/add', {sku: 'E-BOOK', qty: 2})")
        shopper.sees_the_truth()
        cart = shopper.tab.evaluate("told.findLast(([t]) => t === 'cart_updated')[1].cart.id")
        shopper.open("/checkout")
        shopper.starts_the_checkout()
        shopper.sees_the_truth()  # before the order ends it
        self.lines, self.coupon = {}, False
        for is_news in (True, False):
            shopper.open("/checkout/order-confirmation")
            shopper.has_ordered(cart, is_news=is_news)
        shopper.do("change('cart/add', {sku: 'KIT', qty: 1})")
        shopper.sees_the_truth()
        shopper.reload()  # another cart is known by now, and is not ordered
        shopper.sees_the_truth()
        shopper.open("/kit/")
        shopper.sees_the_product("KIT", 2495, "USD")
        shopper.do("change('cart/add', {sku: 'KIT', qty: 2})")
        shopper.sees_the_truth()
        shopper.do("change('cart/remove', {sku: 'KIT'})")
        shopper.sees_the_truth()
        shopper.open("/checkout/order-confirmation/1234?t=hiddenkey")
        shopper.has_ordered("1234")
