"""WooCommerce, templates and blocks: the Store API in strings of minor units, events that often do not come.

Shapes: woocommerce/src/StoreApi/Schemas/V1 (CartSchema, CartItemSchema), assets/js/frontend/add-to-cart.
"""

from __future__ import annotations

import json
from typing import ClassVar

from tests.browser.platform_shop import SECRETS, Ask, Cart, Json, Platform, Reply, Shopper, html

ADDRESS = {"first_name": SECRETS[0], "address_1": SECRETS[1], "email": SECRETS[2], "phone": SECRETS[4]}

# jQuery, as far as WooCommerce's own scripts use it to tell each other something.
JQUERY = """
const heard = {}
window.jQuery = () => ({
  on(types, run) { for (const type of types.split(' ')) (heard[type] ||= []).push(run); return this },
  trigger(type, args = []) { for (const run of heard[type] || []) run({type}, ...args); return this },
})
const post = (path, fields) => fetch(path, {method: 'POST', body: new URLSearchParams(fields)})
"""
BLOCKS = """
const rest = (path, body) =>
  fetch('/index.php?rest_route=/wc/store/v1/' + path, {method: 'POST', body: JSON.stringify(body)})
const tell = (name) => document.body.dispatchEvent(
  new CustomEvent('wc-blocks_' + name, {bubbles: true, detail: {preserveCartData: true}}))
"""


# src/Blocks/BlockTypes/OrderConfirmation/Status.php, where the order's status is `failed`.
FAILED = """
<div class="wc-block-order-confirmation-status"><h1>Order failed</h1><p>Declined.<br>
<span class="wc-block-order-confirmation-status__actions"><a class="button">Try again</a></span></p></div>
"""


class Woo(Platform):
    """unit: what the shop shows as decimals. exponent: the currency's own. prices: in what the shop shows."""

    adapter = "woocommerce"
    currency: ClassVar[str]
    unit: ClassVar[int]
    exponent: ClassVar[int]
    prices: ClassVar[dict[str, int]]
    rest: ClassVar[str]

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self.coupon = ""
        self.shipping = 0

    def goods(self) -> int:
        whole = sum(self.prices[sku] * qty for sku, qty in self.lines.items())
        return whole - (self.prices["7"] if self.coupon else 0)

    def truth(self) -> Cart:
        more = 10 ** (self.exponent - self.unit)
        lines = {sku: (qty, self.prices[sku] * more) for sku, qty in self.lines.items()}
        return Cart(self.currency, self.exponent, self.goods() * more, lines, self.coupon)

    def cart(self) -> Json:
        money = {"currency_code": self.currency, "currency_minor_unit": self.unit}
        items = [
            {
                "key": "k", "id": int(sku), "sku": "", "type": "simple", "quantity": qty,
                "name": "Caps &amp; Hats &#8211; M", "permalink": f"http://shop.example/?p={sku}",
                "images": [{"thumbnail": "/hat.jpg"}],
                "prices": {**money, "price": str(self.prices[sku])},
                "totals": {**money, "line_total": str(self.prices[sku] * qty), "line_total_tax": "0"},
            }
            for sku, qty in self.lines.items()
        ]  # fmt: skip
        shipping = str(self.shipping) if self.shipping else None
        total = str(self.goods() + self.shipping)
        return {
            "items": items, "items_count": len(items),
            "coupons": [{"code": self.coupon}] if self.coupon else [],
            "billing_address": ADDRESS, "shipping_address": ADDRESS,
            "shipping_rates": [{"destination": ADDRESS}],
            "totals": {
                **money, "total_items": "0", "total_shipping": shipping,
                "total_shipping_tax": shipping and "0", "total_price": total, "total_tax": "0",
            },
        }  # fmt: skip

    def kept(self) -> dict[str, str]:
        return {"woocommerce_items_in_cart": "1" if self.lines else "", "woocommerce_cart_hash": "h"}

    def add(self, sku: str, qty: int) -> None:
        self.lines[sku] = self.lines.get(sku, 0) + qty

    def order(self) -> None:
        self.lines, self.coupon, self.shipping = {}, "", 0

    def page(self, classes: str, body: str = "", script: str = "") -> Reply:
        head = f'<link rel="https://api.w.org/" href="{self.rest}"><script>{script}</script>'
        reply = html(body, head=head, classes=classes)
        return Reply(reply.body, cookies=self.kept())


PRODUCT = {
    "@context": "https://schema.org/",
    "@graph": [
        {"@type": "BreadcrumbList"},
        {
            "@type": "Product", "name": "Hat", "sku": "HAT-M", "image": "/hat.jpg",
            "offers": [{"@type": "Offer", "price": "6.105", "priceCurrency": "KWD"}],
        },
    ],
}  # fmt: skip


class WooClassic(Woo):
    """Templates and jQuery; dinars, with three decimals. The API answers only the fields it is asked for."""

    currency, unit, exponent = "KWD", 3, 3
    prices: ClassVar[dict[str, int]] = {"7": 6105, "8": 1250}
    rest = "/wp-json/"
    config: ClassVar[Json] = {"currency": "KWD", "exponent": 3}

    def reply(self, ask: Ask) -> Reply:
        if ask.path == "/wp-json/wc/store/v1/cart":
            wanted = ask.query["_fields"].split(",")
            return Reply.data({name: part for name, part in self.cart().items() if name in wanted})
        action = ask.query.get("wc-ajax", "")
        if action == "add_to_cart" and ask.body["product_id"] == "99":
            return Reply.data({"error": True, "product_url": "/product/gone/"})
        if action == "add_to_cart":
            self.add(ask.body["product_id"], int(ask.body["quantity"]))
            return Reply.data({"fragments": {}, "cart_hash": "h"}, **self.kept())
        if action == "apply_coupon":
            self.coupon = "ten"
            return Reply("<ul></ul>")
        if ask.method == "POST" and ask.path == "/cart/":
            self.lines["8"] = int(ask.body["qty"])
            return Reply("<form></form>")
        if ask.method == "POST" and ask.path == "/product/hat/":  # the plain form of a single product
            self.add("7", int(ask.body["quantity"]))
        pages = {
            "/product/hat/": "single single-product postid-7 woocommerce",
            "/cart/": "woocommerce-cart",
            "/checkout/": "woocommerce-checkout",
            "/checkout/order-pay/123/": "woocommerce-checkout woocommerce-order-pay",
            "/kasse/bestellt/123/": "woocommerce-checkout woocommerce-order-received",
            "/kasse/bestellt/124/": "woocommerce-checkout woocommerce-order-received",
        }
        if ask.path not in pages:
            return Reply("", 404)
        product = (
            f'<script type="application/ld+json">{json.dumps(PRODUCT)}</script>'
            if "product" in ask.path
            else ""
        )
        form = '<form method="post"><input name="quantity" value="2"></form>'
        return self.page(pages[ask.path], product + form, JQUERY)

    def buy(self, shopper: Shopper) -> None:
        asked = lambda: len([a for a in shopper.shop.asked if "store" in a.path])  # noqa: E731
        shopper.open("/product/hat/")
        shopper.sees_the_product("7", 6105, "KWD")
        # Whoever only looks around costs the shop no request; and no event tells of a form that was posted.
        assert asked() == 0
        shopper.submit("document.forms[0].submit()")
        shopper.sees_the_product("7", 6105, "KWD")
        shopper.sees_the_truth()
        shopper.do(
            "post('/?wc-ajax=add_to_cart', {product_id: 8, quantity: 3}).then(() => {"
            "for (const n of [1, 2]) jQuery(document.body).trigger('added_to_cart', [{}, 'h', n])})"
        )
        shopper.sees_the_truth()
        shopper.do("post('/?wc-ajax=add_to_cart', {product_id: 99, quantity: 1})")
        shopper.sees_the_truth()
        shopper.open("/cart/")
        shopper.do("post('/cart/', {qty: 1}).then(() => jQuery(document.body).trigger('updated_wc_div'))")
        shopper.sees_the_truth()
        shopper.do("post('/?wc-ajax=apply_coupon', {coupon_code: 'ten'})")
        shopper.sees_the_truth()
        self.shipping = 1500
        shopper.open("/checkout/")
        shopper.starts_the_checkout()
        shopper.sees_the_truth()
        shopper.open(
            "/checkout/order-pay/123/?key=wc_order_hiddenkey"
        )  # a gateway's page: nothing is paid yet
        shopper.starts_the_checkout()
        self.order()
        for is_news in (True, False):  # the thank-you page is loaded again
            shopper.open("/kasse/bestellt/123/?key=wc_order_hiddenkey")
            shopper.has_ordered("123", is_news=is_news)
        # WPML's language comes before the key.
        shopper.open("/kasse/bestellt/124/?lang=fr&key=wc_order_hiddenkey")
        shopper.has_ordered("124", is_news=True)


class WooBlocks(Woo):
    """Blocks without jQuery, plain permalinks, prices without cents, an API that answers all its fields."""

    currency, unit, exponent = "EUR", 0, 2
    prices: ClassVar[dict[str, int]] = {"7": 20, "8": 5}
    rest = "/index.php?rest_route=/"

    def reply(self, ask: Ask) -> Reply:
        route = ask.query.get("rest_route", "").removeprefix("/wc/store/v1/")
        if route == "cart":
            return Reply.data(self.cart())
        if route == "cart/add-item":
            self.add(str(ask.body["id"]), ask.body["quantity"])
            return Reply.data(self.cart(), 201, **self.kept())
        if route == "cart/apply-coupon":
            return Reply.data({"code": "woocommerce_rest_cart_coupon_error", "message": "no"}, 400)
        if route == "batch":
            self.lines[str(ask.body["id"])] = ask.body["quantity"]
            return Reply.data({"responses": []}, 207, **self.kept())
        if ask.path != "/":
            return Reply("", 404)
        order = ask.query.get("order-received")
        classes = "woocommerce-checkout woocommerce-order-received" if order else "home"
        return self.page(classes, FAILED if order == "54" else "", BLOCKS)

    def buy(self, shopper: Shopper) -> None:
        shopper.open("/")
        add = "rest('cart/add-item', {id: 7, quantity: 2})"
        shopper.do(
            f"tell('added_to_cart'); {add}.then(() => {{ tell('added_to_cart'); tell('added_to_cart') }})"
        )
        shopper.sees_the_truth()
        # The block of the Interactivity API sends a batch, and tells nobody.
        shopper.do("rest('batch', {id: 8, quantity: 4})")
        shopper.sees_the_truth()
        shopper.do("rest('cart/apply-coupon', {code: 'WRONG'})")
        shopper.do("rest('batch', {id: 7, quantity: 1}).then(() => tell('removed_from_cart'))")
        shopper.sees_the_truth()
        # The bank has declined it: the cart is still there, and will be paid by another order.
        shopper.open("/?page_id=9&order-received=54&key=wc_order_hiddenkey")
        shopper.sees_the_truth()
        self.order()
        for is_news in (True, False):
            shopper.open("/?page_id=9&order-received=55&key=wc_order_hiddenkey")
            shopper.has_ordered("55", is_news=is_news)
