"""A journey's steps keep their order, however long a message of it is held back. Pure.

What limits, quiet hours or a provider hold back is still to come: the steps behind it wait until it has left,
or will not any more, and what is counted from it is counted from then. Else the mail for those whom the push
did not bring back would go out before the push.
"""

from __future__ import annotations

from heimta.journeys.plans import Plans, journey_of
from heimta.model.journey import Wait
from heimta.model.visitor import Enrollment, VisitorState

MINUTE_MS = 60_000
ON_TIME_MS = 60_000  # a step this late is on time: what follows keeps its own hour
# Limits hold a message for seven days, then it is dropped (journeys/decide.py). One of which no word came for
# longer than that is lost, and holds nothing.
LONGEST_MS = 8 * 24 * 60 * MINUTE_MS
_FORGOTTEN = "forgotten"
_LEFT = frozenset({"sent", "unknown"})


def is_held(state: VisitorState, enrollment: Enrollment) -> bool:
    """Whether its next step waits for word of its last message."""
    return not _word(state, enrollment)


def due_of(state: VisitorState, name: str, enrollment: Enrollment, plans: Plans) -> int:
    """When its next step is due, ms, by all that is known of its last message. name: its key in the state."""
    if not enrollment.decided_at:
        return enrollment.due_at
    outcome = _word(state, enrollment)
    if not outcome:
        return enrollment.decided_at + LONGEST_MS
    if outcome == _FORGOTTEN:
        return enrollment.due_at
    at = state.deliveries[enrollment.messages[-1]].at
    late_ms = at - enrollment.decided_at
    if late_ms <= ON_TIME_MS:
        return enrollment.due_at
    is_counted = outcome in _LEFT and _counts_from_it(name, enrollment, plans)
    return max(at, enrollment.due_at + late_ms if is_counted else enrollment.due_at)


def _word(state: VisitorState, enrollment: Enrollment) -> str:
    """What became of the message it decided on last; '' while that is on its way."""
    if not enrollment.decided_at:
        return _FORGOTTEN
    decided = state.deliveries.get(enrollment.messages[-1])
    return _FORGOTTEN if decided is None else decided.outcome


def _counts_from_it(name: str, enrollment: Enrollment, plans: Plans) -> bool:
    """Whether it waits so long after the step before; a wait since the start keeps its hour."""
    if enrollment.since:
        return True
    journey = plans.pinned(journey_of(name), enrollment.version)
    row = [] if journey is None else plans.row(journey, enrollment.version)
    before = row[enrollment.step - 1].step if 0 < enrollment.step <= len(row) else None
    return isinstance(before, Wait) and before.since == "step"
