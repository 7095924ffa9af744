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

CLOCK_SLACK_MS = 5_000  # the shop's clock and the browser's corrected one may differ by this much
RECOVERY_MS = 7 * 24 * HOUR_MS  # an order this long after the cart was abandoned recovers it


def fold_order(state: VisitorState, order: Order, *, context: ShopContext, effects: Effects) -> None:
    """Fold the shop's order. A second copy changes nothing."""
    if order.id in state.orders:
        return
    shop = state.shop
    effects.count(shop, "orders", order.at)
    effects.count(shop, f"orders_minor.{order.currency}", order.at, order.total_minor)
    effects.redeemed += [(shop, code, order.id) for code in order.codes]
    _take(state, order.id, OrderState(order.at, order.total_minor, order.currency), effects, named=order.cart)
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


def _take(
    state: VisitorState, order_id: str, order: OrderState, effects: Effects, *, named: str = ""
) -> None:
    state.orders[order_id] = order
    if len(state.orders) > KEEP_ORDERS:
        del state.orders[min(state.orders, key=lambda key: (state.orders[key].at, key))]
    state.bought_at = max(state.bought_at, order.at)
    leave(state, "ordered")
    for cart in state.carts.values():
        was_held = cart.cart.id == named or cart.changed_at <= order.at + CLOCK_SLACK_MS
        if was_held and not cart.ordered_at and cart.cart.lines:
            cart.ordered_at, cart.order, cart.order_minor = order.at, order_id, order.minor
            _recover(state, cart, order, effects)


def _recover(state: VisitorState, cart: CartState, order: OrderState, effects: Effects) -> None:
    if not cart.abandoned_at:
        return
    currency = cart.cart.currency
    if order.at < cart.abandoned_at:  # the webhook was late: the cart was never abandoned
        effects.count(state.shop, "abandoned", cart.abandoned_at, -1)
        effects.count(state.shop, f"abandoned_minor.{currency}", cart.abandoned_at, -cart.abandoned_minor)
        cart.abandoned_at = 0
    elif order.at - cart.abandoned_at <= RECOVERY_MS:
        cart.recovered = True
        effects.count(state.shop, "recovered", order.at)
        effects.count(state.shop, f"recovered_minor.{order.currency}", order.at, order.minor)


def settle(state: VisitorState, name: str, context: ShopContext, effects: Effects) -> None:
    """Bring the lift's sums up to date with the orders inside an exposure's goal window.

    Computed anew from exposure and orders each time and written as a difference, so the order of
    arrival does not matter. Own orders only (see fold_linked_order).
    """
    exposure = state.exposures[name]
    if not exposure.counted:
        return
    start = exposure.stamp[0]
    end = start + context.goal_ms(name)
    inside = [o for o in state.orders.values() if o.own and start <= o.at <= end]
    revenue, orders = sum(o.minor for o in inside), len(inside)
    shop, arm = state.shop, exposure.arm
    effects.sum(shop, name, arm, "converted", bool(orders) - bool(exposure.orders))
    effects.sum(shop, name, arm, "revenue_minor", revenue - exposure.revenue_minor)
    effects.sum(shop, name, arm, "revenue_sq", revenue**2 - exposure.revenue_minor**2)
    exposure.revenue_minor, exposure.orders = revenue, orders
