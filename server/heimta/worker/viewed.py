"""Fold what a visitor looked at: the newest products, for those who leave without a cart. Pure.

Kept to be written about later, so a no to either purpose erases what was seen before it. Twelve are kept: the
events themselves say which are the newest, so the order in which they come does not matter.
"""

from __future__ import annotations

from heimta.ingest.batch import Event
from heimta.model.currency import rescale
from heimta.model.event import ProductViewed
from heimta.model.visitor import KEEP_VIEWED, Stamp, Viewed, VisitorState
from heimta.worker.effects import Effects


def look_at(state: VisitorState, event: Event, stamp: Stamp, effects: Effects) -> None:
    told = event.props
    assert isinstance(told, ProductViewed)
    held = state.viewed.get(told.sku)
    if stamp <= state.withdrawn or (held is not None and stamp <= held.stamp):
        return
    minor = rescale(told.unit_minor, told.exponent, told.currency)
    url = told.url or event.url
    state.viewed[told.sku] = Viewed(stamp, told.name, minor, told.currency, url, told.image)
    if len(state.viewed) > KEEP_VIEWED:
        del state.viewed[min(state.viewed, key=lambda sku: state.viewed[sku].stamp)]


def forget_viewed(state: VisitorState) -> None:
    """After a no: what was seen before it. Called once `withdrawn` is up to date."""
    for sku in [sku for sku, seen in state.viewed.items() if seen.stamp <= state.withdrawn]:
        del state.viewed[sku]
