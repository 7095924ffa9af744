"""Orders of a person that other browsers placed, or none that is known, by the shop's signed word. Pure.

The hub of each word that an order has passes it on to its members, and keeps nothing of it. A member keeps it
while it names that hub, and only if it did before the order: who types an address in is told nothing of what
was bought with it. It is no order of theirs: it adds to the lift and to nothing else, in whichever arm they
are.

Of two tellings of an order the earlier time counts, and the sum that does in orders.py, each by itself. The
newest are kept; with one that makes room, its part in the lift goes too, in both arms alike.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from functools import lru_cache

from heimta.ingest.entry import SignedOrder
from heimta.model.orders import OrderState, PersonOrder, standing
from heimta.model.person import told_here
from heimta.model.visitor import KEEP_PERSON_ORDERS, Exposure, VisitorState


@lru_cache(maxsize=8192)  # of a browser with orders, asked again with each of the person's
def order_mark(shop: str, order: str) -> str:
    """An order's name where it is another browser's: that it is the same can be told, and no more."""
    digest = hashlib.sha256(f"order\n{shop}\n{order}".encode()).digest()
    return urlsafe_b64encode(digest[:12]).decode()


def signed(shop: str, order: OrderState) -> SignedOrder:
    return SignedOrder(order_mark(shop, order.id), order.minor, order.currency, order.at, order.changed_at)


def hear_order(state: VisitorState, told: SignedOrder, hub: str) -> bool:
    """Whether it is news to a browser. hub: who tells it."""
    words = told_here(state)
    if hub not in words or told.at < words[hub][0][0]:
        return False
    held = state.person_orders.get(told.mark)
    order = PersonOrder(told.at, told.minor, told.currency, [hub], told.changed_at)
    if held is not None:
        order.at = min(held.at, order.at)
        order.changed_at, order.minor, order.currency = standing(held.sum, order.sum)
        order.hubs = sorted({*held.hubs, *order.hubs})
    if order == held:
        return False
    kept = state.person_orders
    kept[told.mark] = order
    if len(kept) > KEEP_PERSON_ORDERS:
        del kept[min(kept, key=lambda mark: (kept[mark].at, mark))]
    return told.mark in kept


def keep_named(state: VisitorState) -> bool:
    """Forget what came by a word that this browser tells no more. Whether the lift may be another now."""
    if not state.person_orders:
        return False
    named = told_here(state)
    for mark, order in list(state.person_orders.items()):
        order.hubs = [hub for hub in order.hubs if hub in named]
        if not order.hubs:
            del state.person_orders[mark]
    return True


def of_the_person(state: VisitorState, exposure: Exposure) -> list[PersonOrder]:
    """Those by a word that was told here before the exposure. Whether a word is told later may follow from
    the arm (a popup asks for it, a mail brings them back): then more orders would be seen in one arm than in
    the other.
    """
    if not state.person_orders:
        return []
    words, own = told_here(state), {order_mark(state.shop, order) for order in state.orders}
    return [
        order
        for mark, order in state.person_orders.items()
        if mark not in own
        and order.at > state.orders_floor[0]  # else perhaps an own one that is forgotten, which stays counted
        and any(hub in words and words[hub][0] <= exposure.stamp for hub in order.hubs)
    ]
