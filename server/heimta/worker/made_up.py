"""What a sample tells of: a cart, a product or an order that nobody has, as its journey would. Pure."""

from __future__ import annotations

import msgspec

from heimta.journeys.decide import ORDERS
from heimta.journeys.enter import TREATED
from heimta.journeys.interest import OF_PRODUCTS
from heimta.journeys.plans import enrollment_name
from heimta.model.cart import Cart, Line
from heimta.model.currency import exponent_of
from heimta.model.documents import ShopDoc
from heimta.model.event import PROPS
from heimta.model.journey import Journey
from heimta.model.message import Message
from heimta.model.orders import OrderState
from heimta.model.visitor import CartState, Enrollment, VisitorState

OF_CARTS = frozenset({"cart_abandoned", "checkout_abandoned", "cart_wanted"})
ORDER, SKU, CART = "1001", "sample-1", "sample"


def begin(state: VisitorState, journey: Journey, shop: ShopDoc, message: Message, version: int) -> Message:
    """The journey as if this visitor had begun it, and the message with what it is about."""
    word, now = journey.begins.on, message.due_at
    cart, about, words = "", "", {}
    if word in OF_CARTS:
        cart = _cart_of(state, shop, now)
    elif word in ORDERS:
        about, words = ORDER, {"order": ORDER}
        if word != "ordered":
            words["tracking"] = f"https://{shop.origins[0].partition('//')[2]}/"
        made = _cart(shop)
        state.carts[CART] = CartState(made, (now, CART, 0), now)
        state.orders[ORDER] = OrderState(ORDER, now, made.total_minor or 0, made.currency, CART, now)
    elif word in OF_PRODUCTS or word == "browse_abandoned":
        about, words = SKU, _product(shop)
    elif word == "event" and "name" in PROPS[journey.begins.event].__struct_fields__:
        words = {"item": _product(shop)["item"]}
    begun = Enrollment(cart, TREATED, version, now, messages=[message.id], about=about, words=words)
    state.enrollments[enrollment_name(journey, about)] = begun
    return msgspec.structs.replace(message, cart=cart, about=about)


def _cart_of(state: VisitorState, shop: ShopDoc, now: int) -> str:
    """The id of the visitor's own cart where a push goes to one who has one, else of a made-up one."""
    own = state.cart()
    if own is None or not own.cart.lines:
        state.carts[CART] = CartState(_cart(shop), (now, CART, 0), now)
        return CART
    return next(name for name, held in state.carts.items() if held is own)


def _product(shop: ShopDoc) -> dict[str, str]:
    unit = 10 ** exponent_of(shop.currency)
    sums = {"minor": str(69 * unit), "was_minor": str(89 * unit), "currency": shop.currency}
    return {"item": "Wool jumper", "sku": SKU, "url": "/", **sums}


def _cart(shop: ShopDoc) -> Cart:
    exponent = exponent_of(shop.currency)
    jumper, jacket = 89 * 10**exponent, 129 * 10**exponent
    lines = (Line(SKU, "Wool jumper", 1, jumper), Line("sample-2", "Rain jacket", 2, jacket))
    return Cart(CART, shop.currency, exponent, jumper + 2 * jacket, lines)
