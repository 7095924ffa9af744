"""Whether a condition holds for a visitor, and from when on. Pure; model/condition.py has the words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from heimta.journeys.reach import unreachable
from heimta.model.condition import Condition
from heimta.model.documents import ShopDoc
from heimta.model.journey import Journey
from heimta.model.orders import OrderState
from heimta.model.visitor import CartState, Enrollment, VisitorState
from heimta.rules.consented import confirm_of, consented

DAY_MS = 24 * 3_600_000
ALREADY = 1  # holds, and no clock has a part in it
# The shop's webhook, the thank-you page and the person's other browsers may all tell of one order.
ONE_ORDER_MS = 3_600_000
ABOUT_ORDERS = frozenset({"ordered", "shipped", "delivered"})
# What begins a journey while the shopper is there; and events that are told of one who goes.
_ON_PAGE = frozenset({"cart_wanted", "signed_up", "subscribed", "ordered", "event"})
_GOING = frozenset({"exit_intended", "exit_followed", "checkout_fields"})


def holds(
    condition: Condition,
    state: VisitorState,
    shop: ShopDoc,
    *,
    enrollment: Enrollment | None = None,
    journey: Journey | None = None,
    now: int,
) -> bool:
    """journey: whose condition it is; None for a segment's."""
    return 0 < holds_from(condition, state, shop, enrollment=enrollment, journey=journey) <= now


def holds_from(
    condition: Condition,
    state: VisitorState,
    shop: ShopDoc,
    *,
    enrollment: Enrollment | None = None,
    journey: Journey | None = None,
) -> int:
    """From when on it holds if nothing else happens, ms; ALREADY where time plays no part; 0: it does not."""
    service = journey is not None and journey.service
    if not (
        _of_shopper(condition, state, shop, enrollment, service)
        and _of_cart(condition, state, shop, enrollment, journey)
        and _of_orders(condition, state, shop)
        and _of_journey(condition, state, enrollment, journey)
    ):
        return 0
    times = [ALREADY]
    if condition.quiet_days is not None:
        elsewhere = (state.seen_day + 1) * DAY_MS if state.seen_day else 0  # that day's end: not known closer
        times.append(max(state.visited_at, state.bought_at, elsewhere) + round(condition.quiet_days * DAY_MS))
    if condition.unordered_days is not None:
        if not state.bought_at:
            return 0
        times.append(state.bought_at + round(condition.unordered_days * DAY_MS))
    return max(times)


def _of_shopper(
    condition: Condition, state: VisitorState, shop: ShopDoc, enrollment: Enrollment | None, service: bool
) -> bool:
    about = "" if enrollment is None else enrollment.about
    if condition.reachable and all(
        unreachable(state, channel, shop, order=about)
        or consented(state, channel, service=service, confirm=confirm_of(shop))
        for channel in condition.reachable
    ):
        return False
    if condition.languages and state.lang.partition("-")[0].lower() not in condition.languages:
        return False
    if condition.viewed and not _has_viewed(state, condition.viewed):
        return False
    known = state.identity
    if any(known is None or not getattr(known, word) for word in condition.known):
        return False
    return condition.claimed is None or condition.claimed in state.claims


def _of_cart(
    condition: Condition,
    state: VisitorState,
    shop: ShopDoc,
    enrollment: Enrollment | None,
    journey: Journey | None,
) -> bool:
    cart = _cart_of(state, enrollment, journey)
    if condition.holds and not any(_matches(condition.holds, names) for names in _lines(cart)):
        return False
    least, most = condition.min_cart_minor, condition.max_cart_minor
    if least is None and most is None:
        return True
    if cart is None or not cart.cart.lines or cart.cart.currency != shop.currency:
        return False
    total = cart.cart.total_minor
    if total is None:  # neither more nor less than any amount
        return False
    return (least is None or total >= least) and (most is None or total <= most)


def _cart_of(state: VisitorState, enrollment: Enrollment | None, journey: Journey | None) -> CartState | None:
    """The journey's cart where it is for one, that of its order where it is about one; else the newest, as
    long as nobody has bought it.
    """
    if enrollment is not None and enrollment.cart:
        return state.carts.get(enrollment.cart)
    order = own_order(state, enrollment, journey)
    if order is not None:
        bought = [cart for cart in state.carts.values() if cart.order == order.id]
        return state.carts.get(order.cart) or max(bought, key=lambda cart: cart.stamp, default=None)
    cart = state.cart()
    return cart if cart is not None and cart.is_open and not state.has_bought(cart) else None


def _has_viewed(state: VisitorState, globs: tuple[str, ...]) -> bool:
    return any(_matches(globs, (sku, product.name)) for sku, product in state.viewed.items())


def _lines(cart: CartState | None) -> Iterable[tuple[str, str]]:
    return () if cart is None else ((line.sku, line.name) for line in cart.cart.lines)


def _of_orders(condition: Condition, state: VisitorState, shop: ShopDoc) -> bool:
    number = len(state.orders)
    if condition.min_orders is not None and number < condition.min_orders:
        return False
    if condition.max_orders is not None and number > condition.max_orders:
        return False
    if condition.min_spent_minor is None:
        return True
    spent = sum(order.minor for order in state.orders.values() if order.currency == shop.currency)
    return spent >= condition.min_spent_minor


def _of_journey(
    condition: Condition, state: VisitorState, enrollment: Enrollment | None, journey: Journey | None
) -> bool:
    begun = 0 if enrollment is None else enrollment.since or enrollment.entered_at
    messages = [] if enrollment is None else enrollment.messages
    decided = [state.deliveries[name] for name in messages if name in state.deliveries]
    answers = (
        (condition.ordered, ordered_since(state, begun, enrollment, journey)),
        (condition.came_back, came_back_since(state, begun, journey)),
    )
    if any(wanted is not None and wanted != answer for wanted, answer in answers):
        return False
    if condition.sent is not None and not any(
        each.step == condition.sent and each.outcome in ("", "sent") for each in decided
    ):
        return False
    return condition.clicked is None or any(
        each.step == condition.clicked and each.clicked for each in decided
    )


def ordered_since(
    state: VisitorState, since: int, enrollment: Enrollment | None, journey: Journey | None
) -> bool:
    """Whether they ordered after `since`, ms; the order that a journey began with is none. What a browser
    says of an order does not say of which: within an hour it is the same one.
    """
    orders = [one for held in (state.orders, state.elsewhere) for one in held.values()]
    own = own_order(state, enrollment, journey)
    if own is not None:
        others, own_at = [one for one in orders if one.id != own.id], own.stops_at
    elif enrollment is not None and journey is not None and journey.begins.event == "order_completed":
        own_at = enrollment.entered_at
        others = [one for one in orders if one.at > own_at + ONE_ORDER_MS]  # however late it was told
    else:
        return state.bought_at > since
    if any(one.stops_at > since for one in others):
        return True
    return max(state.said_at, state.heard_at) > max(since, own_at + ONE_ORDER_MS)


def own_order(
    state: VisitorState, enrollment: Enrollment | None, journey: Journey | None
) -> OrderState | None:
    """The order that a journey is about. A sku may be called like an order."""
    if enrollment is None or journey is None or journey.begins.on not in ABOUT_ORDERS:
        return None
    return state.orders.get(enrollment.about)


def came_back_since(state: VisitorState, since: int, journey: Journey | None) -> bool:
    """Whether they were there after it, ms. What they do on the page begins a journey in the middle of a
    visit: going on with that one is not coming back.
    """
    trigger = None if journey is None else journey.begins
    if trigger is not None and trigger.on in _ON_PAGE and trigger.event not in _GOING:
        return any(visit.start > since for visit in state.sessions.values())
    return state.visited_at > since


def _matches(globs: tuple[str, ...], names: tuple[str, ...]) -> bool:
    return any(_pattern(glob).fullmatch(name) for glob in globs for name in names)


@lru_cache(maxsize=1024)
def _pattern(glob: str) -> re.Pattern[str]:
    """As in the browser (snippet/src/rules/audience.ts): * is any run of letters, capitals do not matter.

    Each part but the last is right where it is first found, so none is looked for again when a later one is
    missing: with plain `.*` twenty stars over a long name would hold the worker up for ever.
    """
    first, *parts = map(re.escape, glob.split("*"))
    inner = "".join(f"(?>.*?{part})" for part in parts[:-1])
    last = f".*{parts[-1]}" if parts else ""
    return re.compile(first + inner + last, re.IGNORECASE | re.DOTALL)
