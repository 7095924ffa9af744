"""A shop of any make with Tag Manager and gtag: GA4's words, with the mistakes that shops make in them."""

from __future__ import annotations

import json
from typing import ClassVar

from tests.browser.platform_shop import Ask, Cart, Json, Platform, Reply, Shopper, html

CENTS = {"hat-m": 1999, "sock": 435}
GTAG = "window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments)}"


class DataLayer(Platform):
    adapter = "datalayer"
    config: ClassVar[Json] = {}

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self.code = ""

    def truth(self) -> Cart:
        lines = {sku: (qty, CENTS[sku]) for sku, qty in self.lines.items()}
        total = sum(qty * unit for qty, unit in lines.values())
        return Cart("EUR", 2, total - (200 if self.code else 0), lines, self.code)

    def items(self) -> list[Json]:
        return [self.item(sku, qty) for sku, qty in self.lines.items()]

    def item(self, sku: str, qty: int) -> Json:
        """Prices as strings, as many shops push them."""
        return {"item_id": sku, "item_name": sku, "price": f"{CENTS[sku] / 100:.2f}", "quantity": qty}

    def reply(self, ask: Ask) -> Reply:
        whole: Json = {"currency": "EUR", "value": self.truth().total_minor / 100, "items": self.items()}
        if self.code:
            whole["coupon"] = self.code
        push = lambda name, data: f"dataLayer.push({json.dumps({'event': name, 'ecommerce': data})});"  # noqa: E731
        view = {"currency": "EUR", "value": 19.99, "items": [self.item("hat-m", 1)]}
        said = {
            "/hat": push("view_item", view) + "dataLayer.push({ecommerce: null});",
            "/cart": push("view_cart", whole),
            "/checkout": push("begin_checkout", whole) * 2,
            "/thanks": push("purchase", {**whole, "transaction_id": "1001"}),
        }.get(ask.path, "")
        # Once the snippet is there, so that the test hears what it makes of it; what comes before is replayed
        # (snippet/test/datalayer.test.mjs).
        return html(f"<script>heimta('plugin', () => {{{said}}})</script>", head=f"<script>{GTAG}</script>")

    def buy(self, shopper: Shopper) -> None:
        shopper.open("/hat")
        shopper.sees_the_product("hat-m", 1999, "EUR")
        self.lines = {"hat-m": 1}
        one = json.dumps({"currency": "EUR", "items": [self.item("hat-m", 1)]})
        shopper.do(f"gtag('event', 'add_to_cart', {one})")
        shopper.sees_the_truth()
        # Two socks, and GA4 is told of one; an event after a reset has no ecommerce of its own.
        sock = json.dumps({"currency": "EUR", "items": [self.item("sock", 1)]})
        shopper.do(f"dataLayer.push({{event: 'add_to_cart', ecommerce: {sock}}})")
        shopper.do("dataLayer.push({ecommerce: null}); dataLayer.push({event: 'add_to_cart'})")
        self.lines["sock"] = 1
        shopper.sees_the_truth()
        self.lines["sock"] = 2
        shopper.open("/cart")
        shopper.sees_the_truth()
        self.code = "TEN"
        shopper.open("/checkout")
        shopper.starts_the_checkout()
        shopper.sees_the_truth()
        for is_news in (True, False):
            shopper.open("/thanks")
            shopper.has_ordered("1001", is_news=is_news)
