"""Fold orders: what they end, what they recover and what they earn. Pure.

An order counts as revenue only from the shop's signed webhook, once an order id. It ends every journey of its
visitor, and of the visitor whose cart this browser restored.

Orders, links and carts may come in any order, so what follows from them (which order a cart belongs to, what
is recovered, which order travels) is worked out anew from all of them and counted as a difference.
"""

from __future__ import annotations

import msgspec

from heimta.ingest.entry import RelayNote
from heimta.journeys.ends import leave
from heimta.model.cart import Cart
from heimta.model.currency import exponent_of, mark_of, rescale
from heimta.model.event import Customer, Order
from heimta.model.orders import OrderState, Sum, standing
from heimta.model.person import normal
from heimta.model.visitor import CLOCK_SLACK_MS, KEEP_ORDERS, CartState, VisitorState
from heimta.rules.phones import customer_of
from heimta.worker.effects import HOUR_MS, Effects, Redeemed, ShopContext
from heimta.worker.lift import earns, settle_all

RECOVERY_MS = 7 * 24 * HOUR_MS  # an order this long after the cart was abandoned recovers it
LINK_MS = 7 * 24 * HOUR_MS  # as long as the link itself is good


def in_own_units(cart: Cart) -> Cart:
    """The cart in its currency's own minor units, whatever exponent it was told in."""
    own = exponent_of(cart.currency)
    if cart.exponent == own:
        return cart

    def scaled(minor: int | None) -> int | None:
        return None if minor is None else rescale(minor, cart.exponent, cart.currency)

    lines = tuple(msgspec.structs.replace(line, unit_minor=scaled(line.unit_minor)) for line in cart.lines)
    total = scaled(cart.total_minor)
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
    """Fold the shop's order. A second copy changes nothing. Of two that differ the sum of the later change
    counts, and the smaller where neither tells of one; at the earlier time: an order may be of when it was
    placed once, and of when it was paid the next time.

    received: when the webhook came, server clock; of copies the first.
    origin: the visitor whose cart was restored for it, '' if none was.
    """
    minor = rescale(order.total_minor, order.exponent, order.currency)
    paid = minor if order.currency == context.shop.currency else None
    mark = mark_of(context.shop.currency, context.first_currency)
    effects.redeemed += [Redeemed(state.shop, code, order.id, paid, mark) for code in order.codes]
    told = OrderState(order.id, order.at, minor, order.currency, order.cart, received)
    told.customer, told.most, told.changed_at = _contact(order, context), minor, order.changed_at
    held = state.orders.get(order.id)
    if held is None and (told.at, told.id) <= state.orders_floor:
        return  # as old as one that is forgotten: it may have been counted
    if held is not None:
        held.came = min(told.came, held.came)
        most = max(minor, held.most, held.minor)  # older releases kept the smaller sum alone
        told = _joined(held, told)
        told.most = most
    if held is None or _words(told) != _words(held):
        if held is not None:
            _count(state, held, effects, -1)
        state.orders[told.id] = told
        _count(state, told, effects, 1)
        if held is None:  # told again it ends nothing that was begun since
            leave(state, "ordered")
        settle_carts(state, effects)
        settle_all(state, context, effects)
        for other in state.linked:
            if _first_after(state, other) is told:
                _tell(state, other, effects)
        if len(state.orders) > KEEP_ORDERS:
            _forget_order(state, context)
    settle_bought(state)
    if origin:
        link(state, origin, order.at, effects)


def _contact(order: Order, context: ShopContext) -> Customer | None:
    """Where to write about the order: kept only if a journey that is no marketing may do so."""
    journeys = [journey for journey, _ in context.journeys.values()]
    if order.customer is None or not any(each.live and each.service for each in journeys):
        return None
    known = customer_of(order.customer, context.shop.sms)
    return Customer("", normal("email", known.email), normal("phone", known.phone))


def _joined(one: OrderState, two: OrderState) -> OrderState:
    """One order of two tellings of it, whichever came first. Its recovery is not counted yet, but one that is
    settled stays what it was.
    """
    changed_at, minor, currency = standing(one.sum, two.sum)
    joined = OrderState(one.id, min(one.at, two.at), minor, currency, max(one.cart, two.cart), one.came)
    joined.changed_at = changed_at
    known = [each.customer for each in (one, two) if each.customer is not None]
    joined.customer = max(known, key=msgspec.structs.astuple, default=None)
    joined.sealed, joined.recovered = one.sealed, one.sealed and one.recovered
    return joined


def _words(order: OrderState) -> tuple[int, Sum, int, str, Customer | None]:
    return order.at, order.sum, order.most, order.cart, order.customer


def _place(order: OrderState) -> tuple[int, str, tuple[int, int, str]]:
    return order.at, order.id, order.sum.rank


def _count(state: VisitorState, order: OrderState, effects: Effects, sign: int) -> None:
    effects.count(state.shop, "orders", order.at, sign)
    effects.count(state.shop, f"orders_minor.{order.currency}", order.at, sign * order.minor)
    if order.recovered:
        _count_recovery(state, order, effects, sign)


def _count_recovery(state: VisitorState, order: OrderState, effects: Effects, sign: int) -> None:
    effects.count(state.shop, "recovered", order.at, sign)
    effects.count(state.shop, f"recovered_minor.{order.currency}", order.at, sign * order.minor)


def link(state: VisitorState, origin: str, at: int, effects: Effects) -> None:
    """This browser holds another one's cart now: the next order here ends the other's journey too."""
    if not origin or origin == state.visitor:
        return
    held = state.linked.get(origin)
    span = (at, at) if held is None else (min(at, held[0]), max(at, held[1]))
    if span == held:
        return
    state.linked[origin] = span
    settle_carts(state, effects)
    _tell(state, origin, effects)


def _first_after(state: VisitorState, other: str) -> OrderState | None:
    """The first order after the link to the other visitor's cart, if there is one while the link is good."""
    first, last = state.linked[other]
    orders = [order for order in state.orders.values() if order.at + CLOCK_SLACK_MS >= first]
    order = min(orders, key=lambda order: (order.at, order.id), default=None)
    return order if order is not None and order.at - last <= LINK_MS else None


def _tell(state: VisitorState, other: str, effects: Effects) -> None:
    """Tell the other visitor's partition of that order. Told again for an earlier one that came late: the
    earliest counts there.
    """
    order = _first_after(state, other)
    if order is None:
        return
    note = RelayNote(
        vid=other,
        other=state.visitor,
        order=order.id,
        minor=order.minor,
        currency=order.currency,
        at=order.at,
        changed_at=order.changed_at,
    )
    effects.relays.append((state.shop, note))


def fold_linked_order(state: VisitorState, note: RelayNote, *, received: int, effects: Effects) -> None:
    """An order placed by a browser that restored this visitor's cart: ends journeys and recovers the cart.

    It is not this browser's order: it adds nothing to orders, and nothing to lift, since a holdout visitor
    has no link to be seen by (worker/person_orders.py). Of several only the earliest is kept, a browser.
    """
    told = OrderState(note.order, note.at, note.minor, note.currency, "", received)
    told.changed_at = note.changed_at
    held = state.elsewhere.get(note.other)
    if held is not None and held.id == told.id:
        held.came = min(told.came, held.came)
        told = _joined(held, told)
    if held is None or _place(told) < _place(held):
        for order, sign in ((held, -1), (told, 1)):
            if order is not None and order.recovered:
                _count_recovery(state, order, effects, sign)
        state.elsewhere[note.other] = told
        if held is None or held.id != told.id:
            leave(state, "ordered")
        settle_carts(state, effects)
        if len(state.elsewhere) > KEEP_ORDERS:
            del state.elsewhere[min(state.elsewhere, key=lambda key: (state.elsewhere[key].at, key))]
    settle_bought(state)


def settle_bought(state: VisitorState) -> None:
    """Find the time anew before which nothing in a cart is chased."""
    state.bought_at = max(own_bought_at(state), state.heard_at)


def own_bought_at(state: VisitorState) -> int:
    """The same by this browser's own orders, and those of who restored its cart."""
    known = [order.stops_at for orders in (state.orders, state.elsewhere) for order in orders.values()]
    return max([state.said_at, *known])


def _forget_order(state: VisitorState, context: ShopContext) -> None:
    """Drop the oldest order; what it earned stays counted."""
    order = min(state.orders.values(), key=lambda order: (order.at, order.id))
    del state.orders[order.id]
    state.orders_floor = max(state.orders_floor, (order.at, order.id))
    state.said_at = max(state.said_at, order.stops_at)
    for name, exposure in state.exposures.items():
        if earns(name, exposure, order, context):
            exposure.past_minor += order.minor
            exposure.past_orders += 1


def forget_cart(state: VisitorState, cart_id: str) -> None:
    """Drop an old cart; what its order recovered stays counted."""
    cart = state.carts.pop(cart_id)
    state.floor = max(state.floor, cart.changed_at)
    for orders in (state.orders, state.elsewhere):
        for order in orders.values():
            order.sealed = order.sealed or order.id == cart.order


def settle_carts(state: VisitorState, effects: Effects) -> None:
    """Find each cart's order anew, and from that what was abandoned and what was recovered.

    A cart's order is the first that names it, or came after the cart was begun. One order recovers one cart
    at most, however many were left before it; one that a restore link led to recovers the cart behind the
    link, where that is.
    """
    if not state.orders and not state.elsewhere:
        return
    elsewhere = [order for order in state.elsewhere.values() if order.id not in state.orders]
    ordered = sorted([*state.orders.values(), *elsewhere], key=lambda order: (order.at, order.id))
    recovering: set[str] = set()
    for cart in state.carts.values():
        if cart.order and cart.ordered_at <= state.orders_floor[0]:
            continue  # of an order that is forgotten
        order = next((order for order in ordered if _is_for(order, cart)), None)
        if order is None:
            cart.order, cart.ordered_at = "", 0
            continue
        cart.order, cart.ordered_at = order.id, order.at
        if cart.abandoned_at > order.at:  # the webhook was late: the cart was never abandoned
            _never_abandoned(state, cart, effects)
        if cart.abandoned_at and order.at - cart.abandoned_at <= RECOVERY_MS:
            recovering.add(order.id)
    spoken_for = {order.id for other in state.linked if (order := _first_after(state, other))}
    for order in ordered:
        recovers = order.id in recovering - spoken_for
        if order.sealed or order.recovered == recovers or order.at <= state.orders_floor[0]:
            continue
        order.recovered = recovers
        _count_recovery(state, order, effects, 1 if recovers else -1)


def _is_for(order: OrderState, cart: CartState) -> bool:
    return order.cart == cart.cart.id or cart.first_at <= order.at + CLOCK_SLACK_MS


def _never_abandoned(state: VisitorState, cart: CartState, effects: Effects) -> None:
    effects.count(state.shop, "abandoned", cart.abandoned_at, -1)
    metric = f"abandoned_minor.{cart.cart.currency}"
    effects.count(state.shop, metric, cart.abandoned_at, -cart.abandoned_minor)
    cart.abandoned_at = 0
