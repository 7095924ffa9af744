"""Fold what a visitor looked at: the newest products, for those who leave without a cart. Pure.

Kept where a journey of the shop's asks for it (Plans.looks), to be written about later; a no to either
purpose erases what was seen before it. Twelve are kept: the events themselves say which are the newest, so
the order in which they come does not matter; of two looks in one millisecond the greater words stay.
"""

from __future__ import annotations

from msgspec.structs import astuple

from heimta.ingest.batch import Event
from heimta.model.currency import rescale
from heimta.model.event import ProductViewed
from heimta.model.visitor import KEEP_VIEWED, Viewed, VisitorState
from heimta.rules.page_address import closed


def look_at(state: VisitorState, event: Event) -> None:
    told = event.props
    if not isinstance(told, ProductViewed) or event.at <= state.withdrawn[0]:
        return
    minor = rescale(told.unit_minor, told.exponent, told.currency)
    seen = Viewed(event.at, told.name, minor, told.currency, closed(told.url or event.url), told.image)
    held = state.viewed.get(told.sku)
    if held is not None and astuple(seen) <= astuple(held):
        return
    state.viewed[told.sku] = seen
    if len(state.viewed) > KEEP_VIEWED:
        del state.viewed[min(state.viewed, key=lambda sku: (state.viewed[sku].at, sku))]


def forget_viewed(state: VisitorState, before: int = 0) -> None:
    """After a no: what was seen before it. Called once `withdrawn` is up to date. before: the same, ms."""
    until = max(state.withdrawn[0], before - 1)
    for sku in [sku for sku, seen in state.viewed.items() if seen.at <= until]:
        del state.viewed[sku]
