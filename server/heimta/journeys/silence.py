"""Carts, checkouts and products that were left: since when, and when the silence is long enough. Pure.

`cart_abandoned` without a time of its own is the shop's own silence, which the timers notice for the figures
too (worker/timers.py); everything else that is left is looked for here.
"""

from __future__ import annotations

from typing import NamedTuple

from heimta.model.documents import ShopDoc
from heimta.model.journey import Trigger
from heimta.model.visitor import CartState, VisitorState

MINUTE_MS = 60_000


class Entry(NamedTuple):
    """A journey can begin at `at`, ms. basis: the newest fact behind it; each is looked at once.

    about: what it is for where that is no cart. words: for the texts.
    """

    at: int
    basis: int
    cart: str = ""
    about: str = ""
    words: dict[str, str] | None = None


def basis_of(state: VisitorState, trigger: Trigger) -> int | None:
    """The newest fact that makes it wait anew, ms; 0: nothing was left. None: another kind of trigger."""
    if trigger.on == "cart_abandoned":
        if trigger.after_min is None:
            return None
        cart = _left_cart(state)
        return 0 if cart is None else cart.changed_at
    if trigger.on == "checkout_abandoned":
        return state.visited_at if _left_checkout(state) is not None else 0
    if trigger.on == "browse_abandoned":
        return state.visited_at if _left_product(state) else 0
    return None


def last_sign(state: VisitorState, trigger: Trigger) -> int | None:
    """When the shopper last did what its silence is counted from, ms. None: another kind of trigger.

    Whatever has become of it since: a cart that was filled again and then bought, or emptied, was a sign of
    life. A maximum, so it says the same whichever fact came first.
    """
    if trigger.on == "cart_abandoned" and trigger.after_min is not None:
        return max((cart.changed_at for cart in state.carts.values()), default=0)
    return state.visited_at if trigger.on in ("checkout_abandoned", "browse_abandoned") else None


def silence(state: VisitorState, trigger: Trigger, shop: ShopDoc) -> Entry | None:
    """What is left, and when it has been silent for long enough."""
    basis = basis_of(state, trigger)
    if not basis:
        return None
    minutes = shop.abandoned_after_min if trigger.after_min is None else trigger.after_min
    at = basis + round(minutes * MINUTE_MS)
    if trigger.on == "browse_abandoned":
        sku = _left_product(state)
        seen = state.viewed[sku]
        words = {"item": seen.name or sku, "url": seen.url, "image": seen.image, "sku": sku}
        return Entry(at, basis, about=sku, words={name: word for name, word in words.items() if word})
    cart = _left_cart(state) if trigger.on == "cart_abandoned" else _left_checkout(state)
    return None if cart is None else Entry(at, basis, cart=cart.cart.id)


def _left_cart(state: VisitorState) -> CartState | None:
    cart = state.cart()
    return cart if cart is not None and cart.is_open and not state.has_bought(cart) else None


def _left_checkout(state: VisitorState) -> CartState | None:
    """The cart that stood in the checkout during the newest visit; a later visit may be none."""
    cart = _left_cart(state)
    visit = max(state.sessions.values(), key=lambda session: session.end, default=None)
    if cart is None or visit is None or state.checkout_at < max(visit.start, cart.first_at):
        return None
    return cart


def _left_product(state: VisitorState) -> str:
    """The sku of the product looked at last in the newest visit; '' where a cart says more, or an order."""
    visit = max(state.sessions.values(), key=lambda session: session.end, default=None)
    if visit is None or _left_cart(state) is not None:
        return ""
    seen = {sku: one.at for sku, one in state.viewed.items() if one.at >= visit.start}
    sku = max(seen, key=lambda each: (seen[each], each), default="")
    return sku if sku and seen[sku] > state.bought_at else ""
