"""Whether the shopper wants to hear of it now: what they chose in the preference centre. Pure.

Asked before a journey deals the visitor an arm (`unwanted`: by facts that are the same in both arms, so both
hold the same people), and once more right before each send (and `too_often`, which only those who were
written to can meet).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from heimta.model.message import CONFIRM
from heimta.model.preferences import LESS_MS
from heimta.model.visitor import VisitorState
from heimta.rules.wishes import wishes_of

STOPPED = "stopped"  # what ends an enrollment of a visitor who wants nothing any more


def unwanted(state: VisitorState, topic: str, *, now: int) -> str:
    """'' or what they chose against it."""
    chosen = wishes_of(state)
    if chosen is None:
        return ""
    if now < chosen.until:
        return "paused"
    return "topic off" if topic in chosen.off else ""


def too_often(
    state: VisitorState, *, now: int, others: Iterable[int] = (), spared: Collection[str] = ()
) -> str:
    """'' or that they want fewer, and had one lately. others: when the person had one in any browser, ms.
    spared: ids of service messages, which nobody asked to have fewer of.
    """
    chosen = wishes_of(state)
    if chosen is None or chosen.pace != "less":
        return ""
    held = state.deliveries.items()
    sent = [
        one.at
        for name, one in held
        if one.outcome == "sent" and name not in spared and one.journey != CONFIRM
    ]
    return "less often" if max([*sent, *others], default=0) > now - LESS_MS else ""
