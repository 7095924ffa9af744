"""Fold what a shop's page heard at Messenger: who somebody is there, and when they last did something."""

from __future__ import annotations

from heimta.ingest.entry import MessengerNote
from heimta.model.visitor import NEVER, VisitorState


def hear(state: VisitorState, note: MessengerNote) -> None:
    """The newest note counts whole, by Meta's own time: a copy of it, or an older one, changes nothing."""
    stamp = (note.at, note.psid, 0)
    if stamp > state.heard and stamp > state.withdrawn:
        state.psid, state.heard = note.psid, stamp


def forget_messenger(state: VisitorState) -> None:
    """After a no to everything: who they were there before it. Called once `withdrawn` is up to date."""
    if state.heard <= state.withdrawn:
        state.psid, state.heard = "", NEVER
