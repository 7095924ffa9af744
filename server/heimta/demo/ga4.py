"""GA4 ecommerce events as real shops push them: decimal prices, and a delta where a whole cart would help.

`view_cart` is the one with the whole cart in it, so it is pushed whenever the shopper sees the cart,
the empty one included. Every event goes out behind an `{ecommerce: null}`; static/demo/shop.js and the
page head see to that.
"""

from __future__ import annotations

from typing import Any

from heimta.demo.catalog import CURRENCY, EXPONENT, Variant
from heimta.demo.pricing import Priced
from heimta.demo.records import OrderRow

Event = dict[str, Any]


def decimal(minor: int) -> float:
    return float(minor / 10**EXPONENT)


def _event(name: str, items: list[Event], value_minor: int, **more: object) -> Event:
    ecommerce = {"currency": CURRENCY, "value": decimal(value_minor), **more, "items": items}
    return {"event": name, "ecommerce": ecommerce}


def item(variant: Variant, lang: str, qty: int = 1) -> Event:
    product = variant.product
    return {
        "item_id": variant.sku,
        "item_name": variant.name(lang),
        "item_brand": "Fjord & Fell",
        "item_category": product.collection,
        "item_variant": variant.option.label,
        "price": decimal(product.price_minor),
        "quantity": qty,
        "item_url": variant.url,
        "item_image": product.image,
    }


def _items(priced: Priced, lang: str) -> list[Event]:
    return [{**item(line.variant, lang, line.qty), "index": place} for place, line in enumerate(priced.lines)]


def viewed_list(name: str, variants: list[Variant], lang: str) -> Event:
    items = [
        {**item(variant, lang), "item_list_id": name, "index": place}
        for place, variant in enumerate(variants)
    ]
    return {"event": "view_item_list", "ecommerce": {"item_list_id": name, "items": items}}


def viewed(variant: Variant, lang: str) -> Event:
    return _event("view_item", [item(variant, lang)], variant.product.price_minor)


def changed(variant: Variant, delta: int, lang: str) -> Event:
    """add_to_cart or remove_from_cart, with only what changed."""
    name = "add_to_cart" if delta > 0 else "remove_from_cart"
    return _event(name, [item(variant, lang, abs(delta))], variant.product.price_minor * abs(delta))


def whole(name: str, priced: Priced, lang: str, **more: object) -> Event:
    """view_cart, begin_checkout, add_shipping_info, add_payment_info. value: goods, after the discount."""
    # `coupon` also when it is empty: a reader must learn that a code was taken off.
    return _event(name, _items(priced, lang), priced.goods_minor, coupon=priced.code, **more)


def purchase(order: OrderRow, variants: dict[str, Variant], lang: str) -> Event:
    items = [
        item(variants[line.sku], lang, line.qty) | {"price": decimal(line.unit_minor)}
        for line in order.lines
        if line.sku in variants
    ]
    more: dict[str, object] = {
        "transaction_id": order.id,
        "shipping": decimal(order.delivery_minor),
        "coupon": order.codes[0] if order.codes else "",
    }
    return _event("purchase", items, order.total_minor, **more)
