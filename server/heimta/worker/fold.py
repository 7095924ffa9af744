"""Fold a browser's events into its visitor's state. Pure: no I/O, no clock.

Whatever the order in which events come, however often: the same set of events leads to the same state,
because each (source, number) is folded once and each field is a union, a minimum, a maximum or the
newest by its own stamp. What follows from several facts is worked out anew from them (orders.py, advance.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from heimta.ingest.batch import Event
from heimta.journeys.advance import step_metric
from heimta.journeys.ends import leave
from heimta.journeys.enter import TREATED, journey_salt
from heimta.model.event import (
    HOLDOUT,
    PROPS,
    CampaignExposed,
    CartRestored,
    CartUpdated,
    ConsentChanged,
    ExitFollowed,
    MessageSeen,
    SurveyAnswered,
    VisitorIdentified,
)
from heimta.model.visitor import (
    KEEP_CART_CHARS,
    KEEP_CARTS,
    KEEP_FEW_CARTS,
    CartState,
    Exposure,
    Session,
    Stamp,
    VisitorState,
)
from heimta.worker.answers import answered, erase_words, is_answer_of
from heimta.worker.attention import hear_address, met_interruption
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.funnel import OF_FUNNEL, fold_funnel, met_fault, move_funnel
from heimta.worker.identity import forget_identity, identify
from heimta.worker.lift import meet
from heimta.worker.messenger import forget_messenger
from heimta.worker.moments import note_event
from heimta.worker.orders import forget_cart, in_own_units, link, settle_bought, settle_carts
from heimta.worker.preferences import forget_consents
from heimta.worker.viewed import forget_viewed, look_at
from heimta.worker.watch import watch


def fold_event(
    state: VisitorState,
    event: Event,
    *,
    context: ShopContext,
    effects: Effects,
    restored: dict[str, str],
) -> None:
    """Fold one new event. restored: visitor whose cart a restore token stands for, by token."""
    name, at = event.name, event.at
    effects.count(state.shop, name, at)
    if not state.first_at:
        state.first_at = at
        effects.count(state.shop, "visitors", at)
    elif at < state.first_at:
        effects.move(state.shop, "visitors", state.first_at, at)
        state.first_at = at
    if at > state.last_at:  # max() costs three times as much, and this is done for each event
        state.last_at = at
    stamp = (at, event.src, event.n)
    if name not in OF_NO_VISIT:
        if at > state.visit_at:
            state.visit_at = at
        session = _session(state, event, effects)
        if name in OF_FUNNEL:
            fold_funnel(state, session, event, stamp, effects)
    if name in _OF_CAMPAIGN and not _is_ours(event, context):
        return
    if name in _APPLY:
        _APPLY[name](state, event, stamp, effects)
    elif name in _TELLING:
        _told(state, event, stamp, context=context, effects=effects, restored=restored)
    if context.plans.looks:
        look_at(state, event)
    if context.plans.waited:
        note_event(state, event, context.plans)
        watch(state, event, context.plans.waited, effects)


def _told(
    state: VisitorState,
    event: Event,
    stamp: Stamp,
    *,
    context: ShopContext,
    effects: Effects,
    restored: dict[str, str],
) -> None:
    """What needs more than the state: the shop's documents, or who a token stands for."""
    if isinstance(event.props, CampaignExposed):
        exposure = Exposure(event.props.arm, stamp, event.props.p)
        meet(state, event.props.campaign, exposure, context, effects)
        campaign, _ = context.campaigns[event.props.campaign]
        if context.journeys:  # without them no message ever asks
            met_interruption(state, campaign, event.props, stamp, effects)
    elif isinstance(event.props, CartRestored):
        link(state, restored.get(event.props.token, ""), event.at, effects)
    elif isinstance(event.props, VisitorIdentified):
        identify(state, event, stamp, context)
        hear_address(state, event, stamp, effects)


def _is_ours(event: Event, context: ShopContext) -> bool:
    """Whether a campaign event is of a campaign, arm and question that exist.

    Else anyone could make counters and lift sums of any name, without end. An arm that was taken out lately
    is one, too: dropped, its shoppers would be missed in the lift, and the holdout's of that hour would not.
    """
    props: Any = event.props
    known = context.campaigns.get(props.campaign)
    if known is None:
        return False
    gone = context.gone.get(props.campaign, ())
    if isinstance(props, SurveyAnswered):
        return is_answer_of(known[0], props, gone)
    arms = (HOLDOUT, *gone, *(variant.id for variant in known[0].variants))
    return props.arm in arms


def _session(state: VisitorState, event: Event, effects: Effects) -> Session:
    session = state.sessions.get(event.sid)
    if session is None:
        session = state.sessions[event.sid] = Session(event.at, event.at)
        effects.count(state.shop, "sessions", event.at)
    elif event.at < session.start:
        effects.move(state.shop, "sessions", session.start, event.at)
        begun, session.start = session.start, event.at
        move_funnel(state, session, begun, effects)
    if event.at > session.end:
        session.end = event.at
    if event.name == "page_viewed":
        session.pages += 1
    return session


def _cart_updated(state: VisitorState, event: Event, stamp: Stamp, effects: Effects) -> None:
    assert isinstance(event.props, CartUpdated)
    cart = in_own_units(event.props.cart)
    held = state.carts.get(cart.id)
    begun = 0 if held is None else held.first_at
    if held is None:
        held = state.carts[cart.id] = CartState(cart, stamp, event.at)
    elif stamp > held.stamp:
        held.cart, held.stamp = cart, stamp
    if event.at < held.first_at:
        if held.counted:
            effects.move(state.shop, "carts", held.first_at, event.at)
        held.first_at = event.at
    if cart.lines and not held.counted:
        held.counted = True
        effects.count(state.shop, "carts", held.first_at)
    if held.first_at != begun:
        settle_carts(state, effects)
    while len(state.carts) > KEEP_FEW_CARTS and _is_too_much(state):
        forget_cart(state, min(state.carts, key=lambda key: state.carts[key].stamp))


def _is_too_much(state: VisitorState) -> bool:
    lines = (line for cart in state.carts.values() for line in cart.cart.lines)
    chars = sum(len(line.sku) + len(line.name) + len(line.url) + len(line.image) for line in lines)
    return len(state.carts) > KEEP_CARTS or chars > KEEP_CART_CHARS


def _checkout_started(state: VisitorState, event: Event, stamp: Stamp, effects: Effects) -> None:
    state.checkout_at = max(state.checkout_at, event.at)


def _order_completed(state: VisitorState, event: Event, stamp: Stamp, effects: Effects) -> None:
    """The browser's word: it stops messages at once; money waits for the signed webhook."""
    state.said_at = max(state.said_at, event.at)
    settle_bought(state)
    leave(state, "ordered")


def _reacted(state: VisitorState, event: Event, stamp: Stamp, effects: Effects) -> None:
    """Accepted or dismissed: counted per arm."""
    props: Any = event.props
    effects.count(state.shop, f"c.{props.campaign}.{props.arm}.{event.name.partition('_')[2]}", event.at)


def _followed(state: VisitorState, event: Event, stamp: Stamp, effects: Effects) -> None:
    """By kind and tenth of the score. Where a campaign was shown apart: it may have changed their mind."""
    props = event.props
    assert isinstance(props, ExitFollowed)
    group = "shown" if props.shown else str(min(int(props.score * 10), 9))
    effects.count(state.shop, f"exit.{props.kind}.{group}.{'left' if props.left else 'stayed'}", event.at)


def _consented(state: VisitorState, event: Event, stamp: Stamp, effects: Effects) -> None:
    said = event.props
    assert isinstance(said, ConsentChanged)
    if stamp > state.consented:
        state.analytics, state.marketing = said.analytics, said.marketing
        state.consented = stamp
    if not (said.analytics and said.marketing):
        # Whatever was said later: a yes does not bring back what the no has ended.
        state.withdrawn = max(state.withdrawn, stamp)
        forget_identity(state)
        forget_viewed(state)
        forget_consents(state)
        forget_messenger(state)
        erase_words(state)
        leave(state, "consent withdrawn")


def _clicked(state: VisitorState, event: Event, stamp: Stamp, effects: Effects) -> None:
    assert isinstance(event.props, MessageSeen)
    effects.count(state.shop, "message.clicked", event.at)
    decided = state.deliveries.get(event.props.message)
    if decided is not None:
        decided.clicked = min(decided.clicked or event.at, event.at)
        effects.count(state.shop, f"c.{journey_salt(decided.journey)}.{TREATED}.clicked", event.at)
        if decided.step:
            effects.count(state.shop, step_metric(decided.journey, decided.step, "clicked"), event.at)


def _names(*kinds: type[Struct]) -> frozenset[str]:
    return frozenset(name for name, kind in PROPS.items() if kind in kinds)


OF_NO_VISIT = _names(MessageSeen)  # told by a service worker
_TELLING = _names(CampaignExposed, CartRestored, VisitorIdentified)
_OF_CAMPAIGN = {name for name, kind in PROPS.items() if "arm" in kind.__struct_fields__}

_Apply = Callable[[VisitorState, Event, Stamp, Effects], None]
_APPLY: dict[str, _Apply] = {
    "cart_updated": _cart_updated,
    "checkout_started": _checkout_started,
    "fault_met": met_fault,
    "order_completed": _order_completed,
    "exit_followed": _followed,
    "campaign_accepted": _reacted,
    "campaign_dismissed": _reacted,
    "survey_answered": answered,
    "consent_changed": _consented,
    "message_clicked": _clicked,
}
