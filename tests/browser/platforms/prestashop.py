"""PrestaShop 1.7 to 9: a cart in the page, events whose reason may carry no cart, decimals beside texts.

Shapes: src/Adapter/Presenter/Cart/CartLazyArray.php, controllers/front/CartController.php and
themes/_core/js/cart.js.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import ClassVar

from tests.browser.platform_shop import SECRETS, Ask, Cart, Json, Platform, Reply, Shopper, html

PRICES = {
    "EUR": {"1-5": Decimal("28.68"), "2-0": Decimal("4.35")},
    "JPY": {"1-5": Decimal("4700"), "2-0": Decimal("700")},
}

# core.js: an emitter, and what the core theme does with `updateCart`.
CORE = """
const heard = {}
Object.assign(prestashop, {
  on: (name, run) => (heard[name] ||= []).push(run),
  emit: (name, event) => { for (const run of heard[name] || []) run(event) },
})
prestashop.on('updateCart', async (event) => {
  prestashop.cart = event.reason.cart
  const resp = await (await fetch('/en/cart?ajax=1&action=refresh', {method: 'POST'})).json()
  prestashop.emit('updatedCart', {eventType: 'updateCart', resp})
})
const post = async (query, fields) =>
  (await fetch('/en/cart?' + query, {method: 'POST', body: new URLSearchParams(fields)})).json()
const add = async (id, qty) => {
  const [idProduct, idProductAttribute] = id.split('-')
  const resp = await post('', {ajax: 1, action: 'update', add: 1, id, qty})
  const reason = {idProduct, idProductAttribute, linkAction: 'add-to-cart', cart: resp.cart}
  prestashop.emit('updateCart', {reason, resp})
  prestashop.emit('updateCart', {reason, resp})
}
// On the cart page the reason is the dataset of what was clicked: there is no cart in it.
const change = async (fields) => {
  const resp = await post('', {ajax: 1, action: 'update', ...fields})
  prestashop.emit('updateCart', {reason: document.body.dataset, resp})
}
"""


class PrestaShop(Platform):
    adapter = "prestashop"
    config: ClassVar[Json] = {}

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self.currency = "EUR"
        self.codes: list[str] = []
        self.shipping = Decimal("7.00")

    def goods(self) -> Decimal:
        whole = sum((PRICES[self.currency][sku] * qty for sku, qty in self.lines.items()), Decimal(0))
        return whole - (Decimal("5.55") if "TEN" in self.codes else 0)

    def truth(self) -> Cart:
        exponent = {"EUR": 2, "JPY": 0}[self.currency]
        prices = PRICES[self.currency]
        lines = {sku: (qty, int(prices[sku] * 10**exponent)) for sku, qty in self.lines.items()}
        return Cart(
            self.currency,
            exponent,
            int(self.goods() * 10**exponent),
            lines,
            self.codes[0] if self.codes else "",
        )

    def product(self, sku: str, qty: int) -> Json:
        product, attribute = sku.split("-")
        amount = PRICES[self.currency][sku]
        return {
            "id_product": product, "id_product_attribute": attribute, "name": "Hummingbird", "reference": "",
            "quantity": qty, "price": f"{amount:.2f} {self.currency}".replace(".", ","),
            "price_amount": float(amount), "url": "http://shop.example/en/1-5-hummingbird.html",
            "cover": {"medium": {"url": "/bird.jpg"}}, "customizations": [{"text": SECRETS[0]}],
        }  # fmt: skip

    def cart(self) -> Json:
        # A voucher for free shipping is taken off the total, and the shipping is still listed.
        shipping = self.shipping if self.lines else Decimal(0)
        total = self.goods() + (0 if "FREE" in self.codes else shipping)
        vouchers = {
            str(n): {"id_cart_rule": n, "code": code, "free_shipping": code == "FREE"}
            for n, code in enumerate(self.codes, 3)
        }
        return {
            "products": [self.product(sku, qty) for sku, qty in self.lines.items()],
            "products_count": sum(self.lines.values()), "id_address_delivery": 4,
            "totals": {
                "total": {"type": "total", "amount": float(total), "value": f"{total} €"},
                "total_including_tax": {"amount": float(total)}, "total_excluding_tax": {"amount": 0},
            },
            "subtotals": {"discounts": None, "shipping": {"amount": float(shipping)}},
            # PHP writes an empty map as a list.
            "vouchers": {"allowed": 1, "added": vouchers or []},
        }  # fmt: skip

    def reply(self, ask: Ask) -> Reply:
        if ask.path == "/en/cart" and (ask.query.get("ajax") or ask.body.get("ajax")):
            return self.controller(ask)
        pages = {"/en/": "index", "/en/bird.html": "product", "/en/cart": "cart", "/en/order": "checkout"}
        pages["/en/order-confirmation"] = "order-confirmation"
        if ask.path not in pages:
            return Reply("", 404)
        return self.page(pages[ask.path])

    def controller(self, ask: Ask) -> Reply:
        if ask.query.get("action") == "refresh":
            return Reply.data({"cart_detailed": "<div></div>"})
        if ask.body.get("id") == "9-9":
            return Reply.data({"hasError": True, "errors": ["out of stock"], "quantity": 0})
        if "add" in ask.body:
            self.lines[ask.body["id"]] = self.lines.get(ask.body["id"], 0) + int(ask.body["qty"])
        if "update" in ask.body:
            self.lines[ask.body["id"]] = int(ask.body["qty"])
        if "addDiscount" in ask.body:
            self.codes.append(ask.body["discount_name"])
        return Reply.data({"success": True, "cart": self.cart(), "errors": ""})

    def page(self, name: str) -> Reply:
        front: Json = {
            "cart": self.cart(), "currency": {"iso_code": self.currency, "sign": "€"},
            "page": {"page_name": name}, "urls": {"pages": {"cart": "/en/cart"}},
            "customer": {"firstname": SECRETS[0], "addresses": {"1": {"phone": SECRETS[4]}}},
        }  # fmt: skip
        body = ""
        if name == "product":
            data = json.dumps({**self.product("1-5", 0), "id": 1}).replace('"', "&quot;")
            body = f'<div id="product-details" data-product="{data}"></div>'
        # As in the core theme: the data in the head, the emitter at the end of the body.
        return html(
            f"{body}<script>{CORE}</script>", head=f"<script>var prestashop = {json.dumps(front)}</script>"
        )

    def buy(self, shopper: Shopper) -> None:
        shopper.open("/en/bird.html")
        shopper.sees_the_product("1-5", 2868, "EUR")
        shopper.do("add('1-5', 2)")
        shopper.sees_the_truth()
        shopper.do("add('9-9', 1)")
        shopper.do("add('2-0', 1)")
        shopper.sees_the_truth()
        self.lines["1-5"] = 5  # in another tab, and then back to this page as it was
        shopper.do("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
        shopper.until("told.filter(([t]) => t === 'product_viewed').length === 2")
        shopper.sees_the_product("1-5", 2868, "EUR")
        shopper.sees_the_truth()
        shopper.open("/en/cart")
        shopper.do("change({update: 1, id: '2-0', qty: 3})")
        shopper.sees_the_truth()
        for code in ("TEN", "FREE"):
            shopper.do(f"change({{addDiscount: 1, discount_name: '{code}'}})")
            shopper.sees_the_truth()
        self.codes, self.currency, self.shipping = [], "JPY", Decimal("800")
        shopper.open("/en/")
        shopper.sees_the_truth()
        shopper.open("/en/order")
        shopper.starts_the_checkout()
        shopper.sees_the_truth()
        self.lines = {}
        for is_news in (True, False):
            shopper.open("/en/order-confirmation?id_cart=5&id_module=3&id_order=77&key=hiddenkey")
            shopper.has_ordered("77", is_news=is_news)
        shopper.open("/en/bird.html")
        shopper.sees_the_product("1-5", 4700, "JPY")
