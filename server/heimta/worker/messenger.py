"""Fold what a shop's page heard at Messenger: who somebody is there, and when they last did something."""

from __future__ import annotations

from heimta.ingest.entry import MessengerNote
from heimta.model.visitor import NEVER, VisitorState


def hear(state: VisitorState, note: MessengerNote) -> None:
    """Who came through the newest link, and the newest of what they did, by Meta's own time: the greatest of
    three, so copies and any order lead to the same.

    Who said no to everything and writes to the page later is known again only if they come by a new link.
    """
    since = note.since or note.at
    told = (since, note.psid, note.at)
    if since > state.withdrawn[0] and told > (state.psid_since, state.psid, state.heard[0]):
        state.psid_since, state.psid, state.heard = since, note.psid, (note.at, note.psid, 0)


def forget_messenger(state: VisitorState, before: int = 0) -> None:
    """After a no to everything: who they were there before it. Called once `withdrawn` is up to date. before:
    who came there before it, ms.
    """
    if state.psid_since <= max(state.withdrawn[0], before - 1):
        state.psid, state.heard, state.psid_since = "", NEVER, 0
