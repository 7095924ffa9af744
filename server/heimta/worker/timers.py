"""Timers: silence makes an abandoned cart, due steps make messages. Pure: time is an argument.

A visitor has one entry in the due set, scored by the earliest of all its timers. When that comes due,
everything that is due is taken in one go, and the next entry is set.
"""

from __future__ import annotations

from collections.abc import Mapping

from heimta.journeys.advance import advance, step_metric
from heimta.journeys.audiences import settle as settle_audiences
from heimta.journeys.conditions import holds
from heimta.journeys.confirm import ask, is_waiting, unasked
from heimta.journeys.enter import enter
from heimta.journeys.moments import is_new, is_on_hold
from heimta.journeys.order import due_of, is_held
from heimta.journeys.plans import journey_of
from heimta.journeys.silence import Entry
from heimta.journeys.triggers import TOO_LATE_MS, coming, happened
from heimta.model.event import HOLDOUT
from heimta.model.journey import Journey, WaitFor
from heimta.model.person import is_hub
from heimta.model.visitor import NEVER, CartState, Enrollment, VisitorState
from heimta.rules.consented import confirmed
from heimta.worker import hubs
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.identity import forget_former, spell_number
from heimta.worker.lift import meet

UNREAD_MS = 60_000  # until a timer is looked at again whose shop or journey could not be read


def fire_all(
    states: Mapping[tuple[str, str], VisitorState],
    contexts: Mapping[str, ShopContext],
    *,
    effects: Effects,
    now: int,
) -> None:
    """Do all that is due at `now`, ms, and set the next; but a shop or journey that cannot be read keeps its
    timers.
    """
    for (shop, _), state in states.items():
        if (context := contexts.get(shop)) is not None:
            fire(state, context=context, effects=effects, now=now)
        state.next_due = now + UNREAD_MS if context is None else next_due(state, context)
        if context is not None and context.held and 0 < state.next_due <= now:
            state.next_due = now + UNREAD_MS


def fire(state: VisitorState, *, context: ShopContext, effects: Effects, now: int) -> None:
    """Do all that is due at `now`, ms."""
    before = hubs.look(state)
    if spell_number(state, context):
        hubs.settle(state, before, None, context=context, effects=effects)
    forget_former(state)
    for cart in state.carts.values():
        if _is_silent(state, cart, context, now):
            _abandon(state, cart, context, effects, now)
    if (message := ask(state, context.shop, now=now)) is not None:
        effects.messages.append(message)
    _begin(state, context, effects, now)
    outcome = advance(state, context.plans, now=now)
    effects.messages += outcome.messages
    for metric in outcome.counts:
        effects.count(state.shop, metric, now)
    if state.audiences:
        effects.ads += [(state.shop, change) for change in settle_audiences(state, at=now)]


def _silent_from(state: VisitorState, cart: CartState, context: ShopContext) -> int:
    """When the cart's silence is long enough, ms; 0 for never."""
    if not cart.is_open or cart.silent_at >= cart.changed_at or state.has_bought(cart):
        return 0
    return cart.changed_at + context.idle_ms


def _is_silent(state: VisitorState, cart: CartState, context: ShopContext, now: int) -> bool:
    return 0 < _silent_from(state, cart, context) <= now


def _abandon(state: VisitorState, cart: CartState, context: ShopContext, effects: Effects, now: int) -> None:
    at = _silent_from(state, cart, context)
    cart.silent_at = cart.changed_at
    if not cart.abandoned_at:
        cart.abandoned_at, cart.abandoned_minor = at, cart.cart.total_minor or 0
        effects.count(state.shop, "abandoned", at)
        effects.count(state.shop, f"abandoned_minor.{cart.cart.currency}", at, cart.abandoned_minor)
    if state.cart() is not cart:
        return
    entry = Entry(at, cart.changed_at, cart=cart.cart.id)
    for journey in context.plans.by_rank:
        if journey.begins.on == "cart_abandoned" and journey.begins.after_min is None:
            _enter(state, journey, entry, context, effects, now)


def _begin(state: VisitorState, context: ShopContext, effects: Effects, now: int) -> None:
    """Every journey that begins otherwise, and whose moment has come."""
    plans = context.plans
    for journey in plans.timed:
        entry = coming(state, journey, plans)
        if entry is None or entry.at > now:
            continue
        state.considered[journey.id] = entry.basis
        if entry.basis:
            at = entry.at or now
            _enter(state, journey, entry._replace(at=at), context, effects, now)
        else:
            del state.considered[journey.id]
    for journey, entry in happened(state, plans, now=now):
        _enter(state, journey, entry, context, effects, now)


def _enter(
    state: VisitorState, journey: Journey, entry: Entry, context: ShopContext, effects: Effects, now: int
) -> None:
    """What is found too late (the worker was down) begins nothing: nobody is flooded with what is no news."""
    if now - entry.at > TOO_LATE_MS or is_hub(state.visitor):
        return
    met = enter(state, journey, entry, context.plans, now=now)
    if met is None:
        return
    name, exposure = met
    if exposure.arm != HOLDOUT:
        effects.count(state.shop, step_metric(journey.id, "", "entered"), entry.at)
    # A service journey has no holdout: there is nothing to compare with.
    if not journey.service and meet(state, name, exposure, context, effects):
        hubs.tell_again(state, effects)


def next_due(state: VisitorState, context: ShopContext) -> int:
    """The earliest timer, ms; 0 for none."""
    timers = []
    for cart in state.carts.values():
        if at := _silent_from(state, cart, context):
            timers.append(at)
    for name, enrollment in state.enrollments.items():
        if enrollment.ended:
            continue
        due_at = due_of(state, enrollment)
        if is_held(state, enrollment):
            timers.append(due_at)
        elif enrollment.since and _is_waited_for(state, name, enrollment, context):
            timers.append(_latest(state, enrollment.since))
        elif due_at:
            timers.append(due_at)
    if state.moments:
        waits = is_waiting(state, context.shop)
        timers += [
            _latest(state, confirmed(state)[0]) if moment.held else moment.at
            for key, moment in state.moments.items()
            if is_new(moment) and not is_on_hold(key, moment, waits=waits)
        ]
    if (yes := unasked(state, context.shop)) > NEVER:
        timers.append(_latest(state, yes[0]))
    for journey in context.plans.timed:
        if (entry := coming(state, journey, context.plans)) is not None:
            timers.append(entry.at or _latest(state, 1))
    return min(timers, default=0)


def _is_waited_for(state: VisitorState, name: str, enrollment: Enrollment, context: ShopContext) -> bool:
    """Whether what a `wait_for` waits for is there. What time alone brings, it does not see."""
    journey = context.plans.pinned(journey_of(name), enrollment.version)
    if journey is None:
        return False
    step = context.plans.row(journey, enrollment.version)[enrollment.step].step
    now = _latest(state, enrollment.since)
    return isinstance(step, WaitFor) and holds(
        step.when, state, context.shop, enrollment=enrollment, journey=journey, now=now
    )


def _latest(state: VisitorState, least: int) -> int:
    """When the newest fact was told: due since then, for the figure of how late timers are."""
    return max(least, state.last_at, state.bought_at, state.subscribed[0], state.consented[0])


def changed_timers(
    states: dict[tuple[str, str], VisitorState], timers: dict[tuple[str, str], int]
) -> dict[tuple[str, str], int]:
    """Those that are not what the due set holds; 0 takes one out of it. timers: what it holds now."""
    due = {names: state.next_due for names, state in states.items() if state.next_due != timers.get(names, 0)}
    return due | {names: 0 for names in timers if names not in states}
