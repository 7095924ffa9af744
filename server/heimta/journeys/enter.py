"""Who begins a journey, and in which arm. Pure.

Everything that keeps a shopper out is asked before the deal, by facts that are the same in both arms: so both
hold the same people. The holdout's exposure is recorded at the same instant as the others'.
"""

from __future__ import annotations

from heimta.journeys.audiences import unreachable_ads
from heimta.journeys.conditions import holds
from heimta.journeys.ends import is_below, is_spared, outrank
from heimta.journeys.plans import Plans, enrollment_name, is_written_to, journey_of
from heimta.journeys.reach import unreachable
from heimta.journeys.silence import Entry
from heimta.journeys.wanted import unwanted
from heimta.model.channel import Channel
from heimta.model.event import HOLDOUT
from heimta.model.journey import AudienceStep, Journey, Send, all_steps
from heimta.model.visitor import KEEP_ENROLLMENTS, Enrollment, Exposure, VisitorState
from heimta.rules.bucket import HELD_OUT, deal
from heimta.rules.consented import UNCONFIRMED, confirm_of, consented

HOUR_MS = 3_600_000
TREATED = "treated"  # a journey's arm that is not its holdout
# Where nothing was written it ended before it had begun: no time that the shopper was in it.
_FALSE_STARTS = frozenset({"active again", "cart empty", "outranked", UNCONFIRMED})


def journey_salt(journey_id: str) -> str:
    """A journey's name among campaigns: in the lift, in exposures and as salt."""
    return f"j.{journey_id}"


def enter(
    state: VisitorState, journey: Journey, entry: Entry, plans: Plans, *, now: int
) -> tuple[str, Exposure] | None:
    """Deal the visitor into the journey. None: something keeps them out.

    Returns the exposure, for the lift.
    """
    if not can_reach(state, journey, plans, about=entry.about, now=now):
        return None
    if not _may_begin(state, journey, entry, plans, now):
        return None
    salt = journey_salt(journey.id)
    dealt, p = deal(salt, state.visitor, 0 if state.preview else journey.holdout * 100, [100])
    arm = HOLDOUT if dealt == HELD_OUT else TREATED
    if arm == TREATED:
        outrank(state, journey, plans)
    state.enrollments[enrollment_name(journey, entry.about)] = Enrollment(
        cart=entry.cart,
        arm=arm,
        version=plans.journeys[journey.id][1],
        entered_at=entry.at,
        due_at=entry.at,
        ended=HOLDOUT if arm == HOLDOUT else "",
        about=entry.about,
        is_spared=is_spared(journey),
        words=entry.words or {},
    )
    _forget(state)
    return salt, Exposure(arm, (entry.at, "journey", 0), p)


def can_reach(
    state: VisitorState,
    journey: Journey,
    plans: Plans,
    *,
    about: str = "",
    without: Channel | None = None,
    now: int,
) -> bool:
    """Whether any of its steps could do anything for this visitor. without: all but those by that channel."""
    if not journey.service and unwanted(state, journey.topic, now=now):
        return False
    for step in all_steps(journey.steps):
        if isinstance(step, Send) and step.channel != without:
            refused = consented(state, step.channel, service=journey.service, confirm=confirm_of(plans.shop))
            if not refused and not unreachable(state, step.channel, plans.shop, order=about):
                return True
        if isinstance(step, AudienceStep) and not unreachable_ads(state, step.audience, plans.shop):
            return True
    return False


def _may_begin(state: VisitorState, journey: Journey, entry: Entry, plans: Plans, now: int) -> bool:
    """Whether conditions, the last time and journeys that matter more let it begin."""
    given = journey.begins.given
    begun = Enrollment(entry.cart, "", 0, entry.at, about=entry.about)  # as it would be: it asks of its cart
    if given is not None and not holds(given, state, plans.shop, enrollment=begun, journey=journey, now=now):
        return False
    held = state.enrollments.get(enrollment_name(journey, entry.about))
    if held is not None:
        is_same_cart = bool(entry.cart) and held.cart == entry.cart and is_written_to(state, held)
        is_running = not held.ended and not entry.cart
        if is_same_cart or is_running:
            return False
    if _rests(state, journey, entry.at):
        return False
    for name, other in state.enrollments.items():
        above = plans.pinned(journey_of(name), other.version)
        if above is not None and not other.ended and is_below(journey, above):
            return False
    return True


def _rests(state: VisitorState, journey: Journey, at: int) -> bool:
    """Whether the shopper was in it too short a time ago."""
    begun = [
        other.entered_at
        for name, other in state.enrollments.items()
        if journey_of(name) == journey.id
        and (other.ended not in _FALSE_STARTS or is_written_to(state, other))
    ]
    if not begun or journey.again_h == 0:
        return False
    return journey.again_h is None or at - max(begun) < journey.again_h * HOUR_MS


def _forget(state: VisitorState) -> None:
    """The oldest make room, those that have ended first."""
    while len(state.enrollments) > KEEP_ENROLLMENTS:
        held = state.enrollments
        del held[min(held, key=lambda name: (not held[name].ended, held[name].entered_at, name))]
