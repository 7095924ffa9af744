"""Which facts a shop's live journeys begin with: written down as they are folded (journeys/moments.py). Pure.

Nothing is written down that no journey waits for.
"""

from __future__ import annotations

from heimta.ingest.batch import Event
from heimta.journeys.moments import remember
from heimta.journeys.plans import Plans
from heimta.journeys.triggers import TOO_LATE_MS
from heimta.model.event import Order, PushRequest, VisitorIdentified
from heimta.model.visitor import VisitorState
from heimta.worker.entries import Fact


def note_event(state: VisitorState, event: Event, plans: Plans) -> None:
    """Of one event that was not folded before."""
    props = event.props
    if "cart_wanted" in plans.waited and isinstance(props, VisitorIdentified) and props.wants == "cart":
        remember(state, "cart_wanted", event.at)
    if "signed_up" in plans.waited and isinstance(props, VisitorIdentified) and _signs_up(props):
        remember(state, "signed_up", event.at)
    for of in plans.waited.get(f"event:{event.name}", ()):
        about = getattr(props, "campaign", "") or getattr(props, "sku", "")
        if of in ("", about):
            item = getattr(props, "name", "") or getattr(props, "sku", "")
            words = {"item": item} if item else {}
            remember(state, f"event:{event.name}", event.at, about=of, words=words)


def note_fact(state: VisitorState, fact: Fact, plans: Plans) -> None:
    note = fact.note
    if isinstance(note, Order) and "ordered" in plans.waited:
        held = state.orders.get(note.id)
        # An old order that its shop first tells of when it is sent off is no news to who ordered.
        if held is not None and held.came - held.at <= TOO_LATE_MS:
            remember(state, "ordered", held.came, about=note.id, words={"order": note.id}, once=True)
    is_yes = isinstance(note, PushRequest) and note.subscription is not None and not note.renew
    if is_yes and "subscribed" in plans.waited:
        remember(state, "subscribed", state.subscribed[0])


def _signs_up(told: VisitorIdentified) -> bool:
    """They gave an address themselves, to hear of news: not the shop that knows who is logged in."""
    return bool(told.email or told.phone) and bool(told.consent or told.wants == "news")
