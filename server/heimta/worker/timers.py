"""Timers: silence makes an abandoned cart, due steps make messages. Pure: time is an argument.

A visitor has one entry in the due set, scored by the earliest of all its timers. When that comes due,
everything that is due is taken in one go, and the next entry is set.
"""

from __future__ import annotations

from heimta.journeys.advance import advance, enroll
from heimta.journeys.audiences import settle as settle_audiences
from heimta.model.visitor import CartState, VisitorState
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.lift import meet

MAX_SILENCE_MS = 24 * 3_600_000  # found later than this (a worker was down): counted, and no journey starts


def fire(state: VisitorState, *, context: ShopContext, effects: Effects, now: int) -> None:
    """Do all that is due at `now`, ms."""
    for cart in state.carts.values():
        if _is_silent(state, cart, context, now):
            _abandon(state, cart, context, effects, now)
    outcome = advance(state, context.journeys, now=now)
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
        cart.abandoned_at, cart.abandoned_minor = at, cart.cart.total_minor
        effects.count(state.shop, "abandoned", at)
        effects.count(state.shop, f"abandoned_minor.{cart.cart.currency}", at, cart.cart.total_minor)
    if now - at > MAX_SILENCE_MS or state.cart() is not cart:
        return
    for name, exposure in enroll(state, cart, context.journeys, now=at):
        meet(state, name, exposure, context, effects)


def next_due(state: VisitorState, context: ShopContext) -> int:
    """The earliest timer, ms; 0 for none."""
    timers = [at for cart in state.carts.values() if (at := _silent_from(state, cart, context))]
    if state.enrollments:
        timers += [e.due_at for e in state.enrollments.values() if e.due_at and not e.ended]
    return min(timers, default=0)


def changed_timers(
    states: dict[tuple[str, str], VisitorState], timers: dict[tuple[str, str], int]
) -> dict[tuple[str, str], int]:
    """Those that are not what the due set holds; 0 takes one out of it. timers: what it holds now."""
    due = {names: state.next_due for names, state in states.items() if state.next_due != timers.get(names, 0)}
    return due | {names: 0 for names in timers if names not in states}
