"""Fold that a message came to nobody: the address is dead, and so is whatever was told before it."""

from __future__ import annotations

from heimta.channels.sms import OPTED_OUT
from heimta.model.message import DeliveryNote
from heimta.model.visitor import KEEP_DEAD, VisitorState
from heimta.worker.preferences import settle_consent


def lose_address(state: VisitorState, note: DeliveryNote, received: int) -> None:
    """note.told: when the address was told that it went to, for SMS when it was sent. A newer one lives."""
    match note.channel:
        case "push":
            state.gone = max(state.gone, note.told)
        case "messenger":
            state.psid_gone = max(state.psid_gone, note.told)
        case "sms" if note.reason == OPTED_OUT:
            settle_consent(state, "sms", (note.told or received, "refused", 0), yes=False, why="refused")
        # By value: pages tell the same dead address again and again. Whichever come first, the same stay.
        case "sms" if note.address:
            state.phone_dead = sorted({*state.phone_dead, note.address})[:KEEP_DEAD]
        case "email" if note.address:
            state.mail_dead = sorted({*state.mail_dead, note.address})[:KEEP_DEAD]
