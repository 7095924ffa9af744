"""Apply facts to states. Pure: states in, states and effects out."""

from __future__ import annotations

from heimta.ingest.entry import ClaimNote, RelayNote
from heimta.journeys.advance import TREATED, journey_salt
from heimta.model.event import Order, PushRequest
from heimta.model.message import DeliveryNote
from heimta.model.visitor import ClaimState, VisitorState
from heimta.worker.device import device_of
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.entries import BatchNote, Fact
from heimta.worker.fold import fold_event
from heimta.worker.orders import fold_linked_order, fold_order
from heimta.worker.seen import is_new
from heimta.worker.timers import next_due


def apply_fact(
    state: VisitorState | None,
    fact: Fact,
    *,
    context: ShopContext,
    effects: Effects,
    restored: dict[str, str],
) -> VisitorState:
    """Fold one fact. state: None for a visitor not met before. restored: owner by restore token."""
    note = fact.note
    if state is None:
        state = VisitorState(fact.shop, fact.visitor)
    match note:
        case BatchNote():
            spoken = (fact.received, note.lang, 0)
            if note.lang and spoken > state.lang_of:
                state.lang, state.lang_of = note.lang, spoken
            state.preview = state.preview or note.preview
            device = device_of(fact.agent)
            for event in note.events:
                if is_new(state, event.src, event.n, received=fact.received):
                    fold_event(
                        state,
                        event,
                        context=context,
                        effects=effects,
                        restored=restored,
                        device=device,
                        preview=note.preview,
                    )
        case Order():
            origin = restored.get(note.restored, "")
            fold_order(state, note, context=context, effects=effects, received=fact.received, origin=origin)
        case PushRequest():
            told = note.subscription
            stamp = (fact.received, told.endpoint if told is not None else "", 0)
            if stamp > state.subscribed:
                state.subscription, state.subscribed = told, stamp
        case ClaimNote():
            state.claims[note.campaign] = ClaimState(note.code, note.expires_at)
        case DeliveryNote():
            _delivered(state, note, fact, effects)
        case RelayNote():
            fold_linked_order(state, note, received=fact.received, effects=effects)
    state.next_due = next_due(state, context)
    return state


def _delivered(state: VisitorState, note: DeliveryNote, fact: Fact, effects: Effects) -> None:
    if note.message in state.deliveries:
        return
    state.deliveries[note.message] = note.outcome
    outcome = "failed" if note.outcome == "gone" else note.outcome
    effects.count(fact.shop, f"message.{outcome}", fact.received)
    effects.count(fact.shop, f"c.{journey_salt(note.journey)}.{TREATED}.{outcome}", fact.received)
    if note.outcome == "gone":
        state.subscription = None
