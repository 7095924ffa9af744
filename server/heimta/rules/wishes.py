"""What a shopper wants to be told of, and how often, from all that they said of it in any browser. Pure.

What was chosen here, or behind the link in a message to an address of this browser's, holds as it is. What
other browsers of the person chose since on the shop's page can only ask for less, each for itself: who types
somebody's address into a form is one of their browsers too, and must lift nothing that another one has said.
Nor may they see it: all of it decides what is sent, and only some of it is shown.
"""

from __future__ import annotations

from collections.abc import Container

from heimta.model.person import hubs_of
from heimta.model.visitor import NEVER, Preferences, VisitorState


def wishes_of(state: VisitorState, among: Container[str] | None = None) -> Preferences | None:
    """None: nothing was chosen. among: names of the browsers and hubs that are listened to; None: all."""
    whole, others, names = state.preferences, [], hubs_of(state) if state.choices_heard else ()
    for by, chosen in state.choices_heard.items():
        if among is not None and by not in among:
            continue
        if by not in names:
            others.append(chosen)
        elif whole is None or chosen.stamp > whole.stamp:
            whole = chosen
    since = NEVER if whole is None else whole.stamp
    wishes = whole
    for chosen in others:
        if chosen.stamp > since:
            wishes = less_of(wishes, chosen)
    return wishes


def less_of(one: Preferences | None, other: Preferences) -> Preferences:
    """What both ask for."""
    if one is None:
        return other
    pace = "less" if other.pace == "less" else one.pace
    off = sorted({*one.off, *other.off})
    return Preferences(off, pace, max(one.until, other.until), max(one.stamp, other.stamp))
