"""What a shopper wants to be told of, and how often, from all that they said of it in any browser. Pure.

What was chosen here, or behind the link in a message to an address of this browser's, holds as it is. What
another browser of the person chose since on the shop's page can only ask for less: who types somebody's
address into a form is one of their browsers too, and must lift nothing that they have said.
"""

from __future__ import annotations

from heimta.model.visitor import Preferences, VisitorState


def wishes_of(state: VisitorState) -> Preferences | None:
    """None: nothing was chosen."""
    own, heard = state.preferences, state.preferences_heard
    if own is None or heard is None or heard.stamp <= own.stamp:
        return own if own is not None else heard
    off = sorted({*own.off, *heard.off})
    pace = "less" if "less" in (own.pace, heard.pace) else own.pace
    return Preferences(off, pace, max(own.until, heard.until), heard.stamp)
