"""When a journey can begin for a visitor: by a silence, by a segment, by a date, by what happened. Pure.

Each is looked at once: for silences, segments and dates `considered` keeps the newest fact by journey, what
happened keeps it itself (Moment.taken). What is found a day too late (the worker was down, or the journey was
off) begins nothing: so no catch-up ever floods shoppers with what is no news to them.
"""

from __future__ import annotations

from collections.abc import Iterator

from heimta.journeys.calendar import anniversary, days_after
from heimta.journeys.conditions import ALREADY, holds_from
from heimta.journeys.confirm import is_waiting
from heimta.journeys.ends import unbegin
from heimta.journeys.enter import can_reach
from heimta.journeys.interest import OF_PRODUCTS, is_news, known_by
from heimta.journeys.moments import is_new, is_on_hold, is_typed
from heimta.journeys.plans import Plans, enrollment_name
from heimta.journeys.silence import Entry, silence
from heimta.model.journey import Journey, Trigger
from heimta.model.visitor import VisitorState
from heimta.rules.consented import confirmed
from heimta.rules.schedule import instant

TOO_LATE_MS = 24 * 3_600_000


def coming(state: VisitorState, journey: Journey, plans: Plans) -> Entry | None:
    """The entry that comes next if nothing happens, or has come and was not looked at yet.

    at is 0 for one that no clock has a part in: now.
    """
    trigger = journey.begins
    known = state.considered.get(journey.id, 0)
    if trigger.on == "segment":
        return _into_segment(state, trigger, plans, known)
    if trigger.on == "date":
        at = _date(state, trigger, plans, known)
        return Entry(at, at) if at > known else None
    entry = silence(state, trigger, plans.shop)
    return entry if entry is not None and entry.basis > known else None


def _into_segment(state: VisitorState, trigger: Trigger, plans: Plans, known: int) -> Entry | None:
    """Leaving is an entry too, of no basis: else they could not come back into it."""
    since = 0 if trigger.segment is None else holds_from(trigger.segment, state, plans.shop)
    if since == known:
        return None
    return Entry(0 if since <= ALREADY else since, since)


def _date(state: VisitorState, trigger: Trigger, plans: Plans, known: int) -> int:
    zone = plans.shop.timezone
    if trigger.day is not None:
        return instant(trigger.day, zone)
    orders = [order.at for order in state.orders.values()]
    since = {
        "first_order": min(orders, default=0),
        "last_order": max(orders, default=0),
        "first_visit": state.first_at,
    }[trigger.since]
    if not since:
        return 0
    if trigger.yearly:
        return anniversary(since, known, zone)
    return days_after(since, trigger.days_after or 0, zone)


def happened(state: VisitorState, plans: Plans, *, now: int) -> Iterator[tuple[Journey, Entry]]:
    """All that happened since the last look, for each journey that begins with it. Marks it as seen.

    What came with a yes to e-mail that has to be confirmed is looked at twice: at once, for whatever reaches
    the shopper otherwise, and as if it happened then when the address has confirmed.
    """
    waits = is_waiting(state, plans.shop) if state.moments else False
    for key, moment in sorted(state.moments.items(), key=lambda each: (each[1].at, each[0])):
        if not is_new(moment) or is_on_hold(key, moment, waits=waits):
            continue
        again = moment.held == moment.at
        if waits and is_typed(key):
            moment.held = moment.at
        else:
            moment.taken, moment.held = moment.at, 0
        at = max(moment.at, confirmed(state)[0]) if again else moment.at
        word, _, about = key.partition("/")
        words = moment.words
        if word in OF_PRODUCTS:
            if not is_news(state, word, about, words):
                continue
            words = {"item": about} | known_by(state, about) | words  # nobody may have told a name
        cart = ""
        if word == "cart_wanted":
            wanted = state.cart()
            if wanted is None or not wanted.is_open:
                continue
            cart = wanted.cart.id
        for journey in plans.by_rank:
            trigger = journey.begins
            begins = f"event:{trigger.event}" if trigger.on == "event" else trigger.on
            if begins != word or trigger.of not in ("", about):
                continue
            if again and can_reach(state, journey, plans, about=about, without="email", now=now):
                continue  # it began at the first look
            if again:
                unbegin(state, enrollment_name(journey, about), since=moment.at)
            yield journey, Entry(at, at, cart, about, words)
