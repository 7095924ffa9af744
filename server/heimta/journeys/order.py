"""A journey's steps keep their order, however long a message of it is held back. Pure.

What limits, quiet hours or a provider hold back is still to come: the steps behind it wait until it has left,
or will not any more, and what is counted from it is counted from then. Else the mail for those whom the push
did not bring back would go out before the push.
"""

from __future__ import annotations

from heimta.model.visitor import Delivery, Enrollment, VisitorState

MINUTE_MS = 60_000
ON_TIME_MS = 60_000  # a step this late is on time: what follows keeps its own hour
# Limits hold a message for seven days, then it is dropped (journeys/decide.py). One of which no word came for
# longer than that is lost, and holds nothing.
LONGEST_MS = 8 * 24 * 60 * MINUTE_MS
_LEFT = frozenset({"sent", "unknown"})


def is_held(state: VisitorState, enrollment: Enrollment) -> bool:
    """Whether its next step waits for word of a message."""
    return any(not one.outcome for one in _decided(state, enrollment))


def due_of(state: VisitorState, enrollment: Enrollment) -> int:
    """When its next step is due, ms, by all that is known of its messages."""
    decided = _decided(state, enrollment)
    if any(not one.outcome for one in decided):
        return enrollment.decided_at + LONGEST_MS
    last = max(decided, key=lambda one: (one.at, one.outcome), default=None)
    if last is None or last.at - enrollment.decided_at <= ON_TIME_MS:
        return enrollment.due_at
    is_counted = last.outcome in _LEFT and (enrollment.is_counted or enrollment.since > 0)
    late_ms = last.at - enrollment.decided_at if is_counted else 0
    return max(last.at, enrollment.due_at + late_ms)


def _decided(state: VisitorState, enrollment: Enrollment) -> list[Delivery]:
    """What is known of its messages, while the next step goes by that. Of older ones there was word, or there
    will be none.
    """
    if not enrollment.decided_at:
        return []
    known = [state.deliveries[name] for name in enrollment.messages if name in state.deliveries]
    return [one for one in known if one.outcome or one.at >= enrollment.decided_at]
