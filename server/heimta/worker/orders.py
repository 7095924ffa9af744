"""Fold orders: what they end, what they recover and what they earn. Pure.

An order counts as revenue only from the shop's signed webhook, once an order id. It ends every journey
of its visitor, and of the visitors whose cart this browser restored.
"""

from __future__ import annotations

from heimta.ingest.entry import RelayNote
from heimta.journeys.advance import leave
from heimta.model.event import Order
from heimta.model.visitor import KEEP_ORDERS, CartState, OrderState, VisitorState
from heimta.worker.effects import HOUR_MS, Effects, ShopContext
from heimta.worker.lift import settle

CLOCK_SLACK_MS = 5_000  # the shop's clock and the browser's corrected one may differ by this much
RECOVERY_MS = 7 * 24 * HOUR_MS  # an order this long after the cart was abandoned recovers it


def fold_order(
    state: VisitorState, order: Order, *, context: ShopContext, effects: Effects, origin: str = ""
) -> None:
    """Fold the shop's order. A second copy changes nothing.

    origin: the visitor whose cart was restored for it, '' if none was.
    """
    if order.id in state.orders:
        return
    if origin and origin != state.visitor and origin not in state.linked:
        state.linked.append(origin)
    shop = state.shop
    effects.count(shop, "orders", order.at)
    effects.count(shop, f"orders_minor.{order.currency}", order.at, order.total_minor)
    effects.redeemed += [(shop, code, order.id) for code in order.codes]
    _take(state, order.id, OrderState(order.at, order.total_minor, order.currency, cart=order.cart), effects)
    for exposure in state.exposures:
        settle(state, exposure, context, effects)
    for other in state.linked:
        effects.relays.append(
            (
                shop,
                RelayNote(
                    vid=other,
                    other=state.visitor,
                    what="order",
                    order=order.id,
                    minor=order.total_minor,
                    currency=order.currency,
                    at=order.at,
                ),
            )
        )


def fold_linked_order(state: VisitorState, note: RelayNote, *, effects: Effects) -> None:
    """An order placed by a browser that restored this visitor's cart: ends journeys and recovers the cart.

    It is not this browser's order: it adds nothing to orders, and nothing to lift, since a holdout
    visitor who buys on another device could not be seen either.
    """
    if note.order not in state.orders:
        _take(state, note.order, OrderState(note.at, note.minor, note.currency, own=False), effects)


def _take(state: VisitorState, order_id: str, order: OrderState, effects: Effects) -> None:
    state.orders[order_id] = order
    if len(state.orders) > KEEP_ORDERS:
        del state.orders[min(state.orders, key=lambda key: (state.orders[key].at, key))]
    state.bought_at = max(state.bought_at, order.at)
    leave(state, "ordered")
    settle_carts(state, effects)


def settle_carts(state: VisitorState, effects: Effects) -> None:
    """Find each cart's order anew: the first that names it, or came after the cart was begun.

    Worked out from carts and orders alone, so it does not matter which of them was folded first.
    """
    if not state.orders:
        return
    ordered = sorted(state.orders.items(), key=lambda pair: (pair[1].at, pair[0]))
    for cart in state.carts.values():
        for order_id, order in ordered:
            if order.cart == cart.cart.id or cart.first_at <= order.at + CLOCK_SLACK_MS:
                cart.ordered_at, cart.order = order.at, order_id
                _recover(state, cart, order, effects)
                break


def _recover(state: VisitorState, cart: CartState, order: OrderState, effects: Effects) -> None:
    """An order recovers one cart at most, however many were left before it."""
    if not cart.abandoned_at:
        return
    currency = cart.cart.currency
    if order.at < cart.abandoned_at:  # the webhook was late: the cart was never abandoned
        effects.count(state.shop, "abandoned", cart.abandoned_at, -1)
        effects.count(state.shop, f"abandoned_minor.{currency}", cart.abandoned_at, -cart.abandoned_minor)
        cart.abandoned_at = 0
    elif order.at - cart.abandoned_at <= RECOVERY_MS and not order.recovered:
        order.recovered = True
        effects.count(state.shop, "recovered", order.at)
        effects.count(state.shop, f"recovered_minor.{order.currency}", order.at, order.minor)
