"""Whether news of a product is news to this visitor, and what they know it by. Pure.

Asked when a journey begins: the list of who watches a product (store/watchers.py) may be older than what they
did since, and a price that rose and fell again may be no less than the one they saw.
"""

from __future__ import annotations

from heimta.model.cart import Line
from heimta.model.currency import rescale
from heimta.model.product import Product
from heimta.model.visitor import Viewed, VisitorState

OF_PRODUCTS = frozenset({"back_in_stock", "price_dropped"})


def is_news(state: VisitorState, word: str, sku: str, words: dict[str, str]) -> bool:
    """They looked at it or have it in an open cart; and a price is below the one they saw."""
    seen, line, currency = state.viewed.get(sku), *_carted(state, sku)
    if seen is not None and _may_be_theirs(state, seen, word, sku):
        seen = None
    if seen is None and line is None:
        return False
    if word != "price_dropped":
        return True
    known: list[int | None] = (
        [seen.unit_minor] if seen is not None and seen.currency == words.get("currency") else []
    )
    known += [line.unit_minor] if line is not None and currency == words.get("currency") else []
    prices = [price for price in known if price]
    return not prices or int(words.get("minor", "0")) < min(prices)


def is_over(product: Product | None, word: str, words: dict[str, str], *, told_at: int) -> str:
    """'' or why news of a product is none any more: what the shop has said since. words: of the news, and
    when it came to be so, ms: what is kept of the product may be older for a moment (edge/products.py).
    """
    if product is None or product.at < told_at:
        return ""
    if not product.in_stock:
        return "sold out again"
    told, price = words.get("minor", ""), rescale(product.price_minor, product.exponent, product.currency)
    is_dearer = word == "price_dropped" and words.get("currency") == product.currency
    return "price rose again" if is_dearer and told.isdigit() and price > int(told) else ""


def _may_be_theirs(state: VisitorState, seen: Viewed, word: str, sku: str) -> bool:
    """Whether they may have bought it since that look. Orders name no products: of a price that fell nobody
    hears who ordered since, of one that is back nobody in whose ordered cart it still lies.
    """
    if seen.at > state.bought_at:
        return False
    ordered = [cart for cart in state.carts.values() if cart.ordered_at or state.has_bought(cart)]
    return word == "price_dropped" or any(line.sku == sku for cart in ordered for line in cart.cart.lines)


def known_by(state: VisitorState, sku: str) -> dict[str, str]:
    """Name, address and picture, as they saw them: for what the shop did not say."""
    seen, line = state.viewed.get(sku), _carted(state, sku)[0]
    if seen is not None and seen.name:
        told = {"item": seen.name, "url": seen.url, "image": seen.image}
    elif line is not None:
        told = {"item": line.name, "url": line.url, "image": line.image}
    else:
        return {}
    return {name: value for name, value in told.items() if value}


def _carted(state: VisitorState, sku: str) -> tuple[Line | None, str]:
    """Its line in the newest open cart that holds it, and the cart's currency."""
    for cart in sorted(state.carts.values(), key=lambda each: each.stamp, reverse=True):
        if cart.is_open and not state.has_bought(cart):
            for line in cart.cart.lines:
                if line.sku == sku:
                    return line, cart.cart.currency
    return None, ""
