"""Fold orders: what they end, what they recover and what they earn. Pure.

An order counts as revenue only from the shop's signed webhook, once an order id. It ends every journey of its
visitor, and of the visitor whose cart this browser restored.
"""

from __future__ import annotations

import msgspec

from heimta.ingest.entry import RelayNote
from heimta.journeys.advance import leave
from heimta.model.cart import Cart
from heimta.model.currency import exponent_of, rescale
from heimta.model.event import Order
from heimta.model.visitor import KEEP_ORDERS, OrderState, VisitorState
from heimta.worker.effects import HOUR_MS, Effects, ShopContext
from heimta.worker.lift import settle

CLOCK_SLACK_MS = 60_000  # the shop's clock and the browser's corrected one may differ by this much
RECOVERY_MS = 7 * 24 * HOUR_MS  # an order this long after the cart was abandoned recovers it
LINK_MS = 7 * 24 * HOUR_MS  # as long as the link itself is good


def in_own_units(cart: Cart) -> Cart:
    """The cart in its currency's own minor units, whatever exponent it was told in."""
    own = exponent_of(cart.currency)
    if cart.exponent == own:
        return cart
    lines = tuple(
        msgspec.structs.replace(line, unit_minor=rescale(line.unit_minor, cart.exponent, cart.currency))
        for line in cart.lines
    )
    total = rescale(cart.total_minor, cart.exponent, cart.currency)
    return msgspec.structs.replace(cart, lines=lines, total_minor=total, exponent=own)


def fold_order(
    state: VisitorState,
    order: Order,
    *,
    context: ShopContext,
    effects: Effects,
    received: int,
    origin: str = "",
) -> None:
    """Fold the shop's order. A second copy changes nothing.

    received: when the webhook came, server clock: whatever was in a cart before that is not chased any more,
        even if the shop's own clock is slow.
    origin: the visitor whose cart was restored for it, '' if none was.
    """
    if order.id in state.orders:
        return
    shop = state.shop
    minor = rescale(order.total_minor, order.exponent, order.currency)
    effects.count(shop, "orders", order.at)
    effects.count(shop, f"orders_minor.{order.currency}", order.at, minor)
    effects.redeemed += [(shop, code, order.id) for code in order.codes]
    _take(state, order.id, OrderState(order.at, minor, order.currency, cart=order.cart), received, effects)
    for exposure in state.exposures:
        settle(state, exposure, context, effects)
    if origin and origin != state.visitor:
        state.linked.setdefault(origin, order.at)
    for other in state.linked:
        _tell(state, other, effects)


def link(state: VisitorState, origin: str, at: int, effects: Effects) -> None:
    """This browser holds another one's cart now: the next order here ends the other's journey too."""
    if origin and origin != state.visitor:
        state.linked[origin] = min(at, state.linked.get(origin, at))
        _tell(state, origin, effects)


def _tell(state: VisitorState, other: str, effects: Effects) -> None:
    """Tell the other visitor's partition of the first order after the link, if there is one."""
    since = state.linked[other]
    own = [(o.at, key) for key, o in state.orders.items() if o.own and o.at + CLOCK_SLACK_MS >= since]
    if not own:
        return
    at, order_id = min(own)
    order = state.orders[order_id]
    if at - since > LINK_MS:
        return
    note = RelayNote(
        vid=other,
        other=state.visitor,
        order=order_id,
        minor=order.minor,
        currency=order.currency,
        at=at,
        recovered=order.recovered,
    )
    effects.relays.append((state.shop, note))


def fold_linked_order(state: VisitorState, note: RelayNote, *, received: int, effects: Effects) -> None:
    """An order placed by a browser that restored this visitor's cart: ends journeys and recovers the cart.

    It is not this browser's order: it adds nothing to orders, and nothing to lift, since a holdout visitor
    who buys on another device could not be seen either. It recovers a cart unless it did so where it was
    placed.
    """
    if note.order not in state.orders:
        order = OrderState(note.at, note.minor, note.currency, own=False, sealed=note.recovered)
        _take(state, note.order, order, received, effects)


def _take(state: VisitorState, order_id: str, order: OrderState, received: int, effects: Effects) -> None:
    state.orders[order_id] = order
    if len(state.orders) > KEEP_ORDERS:
        del state.orders[min(state.orders, key=lambda key: (state.orders[key].at, key))]
    state.bought_at = max(state.bought_at, order.at, received)
    leave(state, "ordered")
    settle_carts(state, effects)


def forget_cart(state: VisitorState, cart_id: str) -> None:
    """Drop an old cart; what its order recovered stays counted."""
    order = state.orders.get(state.carts.pop(cart_id).order)
    if order is not None:
        order.sealed = True


def settle_carts(state: VisitorState, effects: Effects) -> None:
    """Find each cart's order anew, and from that what was abandoned and what was recovered.

    A cart's order is the first that names it, or came after the cart was begun. Worked out from carts and
    orders alone and written as a difference, so it does not matter which of them was folded first.
    """
    if not state.orders:
        return
    ordered = sorted(state.orders.items(), key=lambda pair: (pair[1].at, pair[0]))
    recovering: set[str] = set()
    for cart in state.carts.values():
        for order_id, order in ordered:
            if order.cart == cart.cart.id or cart.first_at <= order.at + CLOCK_SLACK_MS:
                cart.ordered_at, cart.order = order.at, order_id
                if cart.abandoned_at > order.at:  # the webhook was late: the cart was never abandoned
                    _never_abandoned(state, cart.cart.id, effects)
                if cart.abandoned_at and order.at - cart.abandoned_at <= RECOVERY_MS:
                    recovering.add(order_id)
                break
    for order_id, order in ordered:
        recovers = order_id in recovering
        if order.sealed or order.recovered == recovers:
            continue
        sign = 1 if recovers else -1
        order.recovered = recovers  # one order recovers one cart at most, however many were left before it
        effects.count(state.shop, "recovered", order.at, sign)
        effects.count(state.shop, f"recovered_minor.{order.currency}", order.at, sign * order.minor)


def _never_abandoned(state: VisitorState, cart_id: str, effects: Effects) -> None:
    cart = state.carts[cart_id]
    effects.count(state.shop, "abandoned", cart.abandoned_at, -1)
    metric = f"abandoned_minor.{cart.cart.currency}"
    effects.count(state.shop, metric, cart.abandoned_at, -cart.abandoned_minor)
    cart.abandoned_at = 0
