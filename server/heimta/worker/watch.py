"""Products that are watched: who is told of what. Pure.

An entry that a product is back, or costs less, is for all of a partition who watch it, perhaps thousands. The
fold only puts it on the relay stream, in its own step; from there it is spread (relay.py), as one fact for
each watcher.
"""

from __future__ import annotations

from collections.abc import Collection

from heimta.ingest.batch import Event
from heimta.journeys.interest import OF_PRODUCTS
from heimta.journeys.moments import remember
from heimta.journeys.triggers import TOO_LATE_MS
from heimta.model.event import CartUpdated, ProductViewed
from heimta.model.fulfilment import FulfilmentNote
from heimta.model.product import ProductNote
from heimta.model.visitor import VisitorState
from heimta.worker.effects import Effects, ShopContext


def watch(state: VisitorState, event: Event, waited: Collection[str], effects: Effects) -> None:
    """Looked at, or carted. Kept only where a live journey waits for news of products."""
    if OF_PRODUCTS.isdisjoint(waited):
        return
    match event.props:
        case ProductViewed(sku=sku):
            skus = [sku]
        case CartUpdated(cart=cart):
            skus = [line.sku for line in cart.lines]
        case _:
            return
    for sku in skus:
        known = effects.watched[(state.shop, sku)]
        known[state.visitor] = max(known.get(state.visitor, 0), event.at)


def fold_product(state: VisitorState, note: ProductNote, context: ShopContext) -> None:
    """By the shop's own time, the same in every copy. Whether it is news, a journey asks when it begins.

    Sums are kept as numbers: only a message knows in which language it is read (carriers/texts.py).
    """
    words = {
        "sku": note.sku,
        "item": note.name,
        "url": note.url,
        "image": note.image,
        "minor": str(note.price_minor),
        "currency": note.currency,
    }
    words = {name: value for name, value in words.items() if value}
    waited = context.plans.waited
    if note.is_back and "back_in_stock" in waited:
        remember(state, "back_in_stock", note.at, about=note.sku, words=words)
    if note.was_minor and "price_dropped" in waited:
        words = {**words, "was_minor": str(note.was_minor)}
        remember(state, "price_dropped", note.at, about=note.sku, words=words)


def fold_fulfilment(
    state: VisitorState, note: FulfilmentNote, context: ShopContext, *, received: int
) -> None:
    """received: ms. A shop that tells in the morning which parcels left yesterday is late by its own doing,
    and the message is not: it counts from when it was told, as an order does. A day late it is no news.
    """
    if note.state in context.plans.waited:
        words = {"order": note.order} | ({"tracking": note.link} if note.link else {})
        at = max(note.at, received) if received - note.at <= TOO_LATE_MS else note.at
        remember(state, note.state, at, about=note.order, words=words, once=True)
