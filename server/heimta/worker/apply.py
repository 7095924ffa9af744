"""Apply facts to states. Pure: states in, states and effects out."""

from __future__ import annotations

from collections import Counter

from heimta.ingest.entry import (
    AnswerNote,
    BoughtNote,
    ClaimNote,
    JoinNote,
    MessengerNote,
    PassedNote,
    RelayNote,
)
from heimta.journeys.advance import step_metric
from heimta.journeys.audiences import settle as settle_audiences
from heimta.journeys.ends import come_back
from heimta.journeys.enter import TREATED, journey_salt
from heimta.model.consent import ConsentNote
from heimta.model.event import Order, PushRequest
from heimta.model.fulfilment import FulfilmentNote
from heimta.model.message import CONFIRM, DeliveryNote
from heimta.model.preferences import PreferencesNote, Proof
from heimta.model.product import ProductNote
from heimta.model.visitor import ClaimState, Delivery, VisitorState
from heimta.rules.texts.confirm import VERSION
from heimta.worker import hubs
from heimta.worker.addresses import lose_address
from heimta.worker.answers import answered_by_mail, settle_answers, tally_answers
from heimta.worker.device import counted, device_of, settle_device
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.entries import BatchNote, Fact
from heimta.worker.fold import OF_NO_VISIT, fold_event
from heimta.worker.funnel import settle_faults, tally_faults
from heimta.worker.identity import spell_number
from heimta.worker.lift import withdraw_from_lift
from heimta.worker.messenger import hear
from heimta.worker.moments import note_fact
from heimta.worker.orders import fold_linked_order, fold_order
from heimta.worker.preferences import consent, prefer, proof_of, subscribe
from heimta.worker.seen import forget, unseen
from heimta.worker.timers import next_due
from heimta.worker.watch import fold_fulfilment, fold_product

# What most facts count of faults and answers. Nobody writes to it.
NOTHING: Counter[tuple[str, int]] = Counter()


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
    before = hubs.look(state)
    spell_number(state, context)
    faulty = tally_faults(state) if state.faults else NOTHING
    answers = tally_answers(state) if state.answers else NOTHING
    match note:
        case BatchNote():
            _batch(state, note, fact, context, effects, restored)
        case Order():
            origin = restored.get(note.restored, "")
            fold_order(state, note, context=context, effects=effects, received=fact.received, origin=origin)
        case PushRequest():
            subscribe(state, note, fact.received)
        case PreferencesNote():
            prefer(state, note, fact.received)
        case ConsentNote():
            _said(state, note, fact, effects)
        case MessengerNote():
            hear(state, note)
        case ClaimNote():
            _claimed(state, note)
        case DeliveryNote():
            _delivered(state, note, fact, effects)
        case RelayNote():
            fold_linked_order(state, note, received=fact.received, effects=effects)
        case JoinNote():
            hubs.fold_join(state, note, effects)
        case BoughtNote():
            hubs.fold_bought(state, note, context, effects)
        case PassedNote():
            hubs.fold_passed(state, note, fact.received, effects)
        case ProductNote():
            fold_product(state, note, context)
        case FulfilmentNote():
            fold_fulfilment(state, note, context, received=fact.received)
        case AnswerNote():
            answered_by_mail(state, note, context, effects)
    if state.faults:
        settle_faults(state, faulty, effects)
    if state.answers:
        settle_answers(state, answers, effects)
    if state.subscription is not None and (state.withdrew or state.addressed[0] <= state.gone):
        state.subscription = None
    if state.audiences:
        effects.ads += [(state.shop, change) for change in settle_audiences(state, at=fact.received)]
    hubs.settle(state, before, fact, context=context, effects=effects)
    _set_timers(state, fact, context)
    return state


def _set_timers(state: VisitorState, fact: Fact, context: ShopContext) -> None:
    """What the fact may begin, what it ends, and when to look again."""
    if context.plans.waited:
        note_fact(state, fact, context.plans)
    if state.enrollments:
        come_back(state, context.plans)
    state.next_due = next_due(state, context)


def _batch(
    state: VisitorState,
    note: BatchNote,
    fact: Fact,
    context: ShopContext,
    effects: Effects,
    restored: dict[str, str],
) -> None:
    """What the batch says of its events counts for copies as well: it must not matter which came first."""
    if not note.events:
        return
    if note.preview and not state.preview:
        withdraw_from_lift(state, context, effects)
    if note.lang:
        spoken = (max([event.at for event in note.events]), note.lang, 0)
        if spoken > state.lang_of:
            state.lang, state.lang_of = note.lang, spoken
    sid = note.events[0].sid
    before = counted(state.sessions.get(sid))
    for event in unseen(state, note.events):
        fold_event(state, event, context=context, effects=effects, restored=restored)
    session = state.sessions.get(sid)
    # A batch that begins no session says nothing of one either, though another batch may have begun it.
    if session is not None and any(event.name not in OF_NO_VISIT for event in note.events):
        session.device = max(session.device, device_of(fact.agent))
    if session is not None:
        settle_device(state, before, session, effects)
    forget(state)


def _claimed(state: VisitorState, note: ClaimNote) -> None:
    """Of two codes of a campaign the one that is good for longer counts."""
    held = state.claims.get(note.campaign)
    if held is None or (note.expires_at, note.code) > (held.expires_at, held.code):
        state.claims[note.campaign] = ClaimState(note.code, note.expires_at)


def _said(state: VisitorState, note: ConsentNote, fact: Fact, effects: Effects) -> None:
    """A yes or a no to a channel. An address that confirms one is counted once, when it first did."""
    consent(state, note, fact.received)
    effects.proofs.append((fact.shop, fact.visitor, proof_of(note, fact.received)))
    if note.why != "confirmed":
        return
    at = note.at or fact.received
    if not state.confirmed_at:
        effects.count(state.shop, "email.confirmed", at)
    elif at < state.confirmed_at:
        effects.move(state.shop, "email.confirmed", state.confirmed_at, at)
    state.confirmed_at = min(state.confirmed_at or at, at)


def _delivered(state: VisitorState, note: DeliveryNote, fact: Fact, effects: Effects) -> None:
    """The earliest word on a message counts; a copy changes nothing, nor does one of what nobody decided."""
    if note.outcome == "gone":
        lose_address(state, note, fact.received)
    held = state.deliveries.get(note.message)
    if held is None:
        return  # decided so long ago that it is forgotten: its outcome may have been counted
    if held.outcome:
        if (held.at, held.outcome) <= (fact.received, note.outcome):
            return
        _count(state, held, effects, -1)
    held.outcome, held.at = note.outcome, fact.received
    _count(state, held, effects, 1)
    if held.journey == CONFIRM and held.outcome == "sent":
        effects.proofs.append((state.shop, state.visitor, Proof(held.at, "asked email", "mail", VERSION)))


def _count(state: VisitorState, delivery: Delivery, effects: Effects, sign: int) -> None:
    outcome = "failed" if delivery.outcome == "gone" else delivery.outcome
    effects.count(state.shop, f"message.{outcome}", delivery.at, sign)
    effects.count(state.shop, f"c.{journey_salt(delivery.journey)}.{TREATED}.{outcome}", delivery.at, sign)
    if delivery.step:
        effects.count(state.shop, step_metric(delivery.journey, delivery.step, outcome), delivery.at, sign)
