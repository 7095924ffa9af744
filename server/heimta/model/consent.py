"""A yes or a no to one channel, on its way into the log, and what the visitor's state keeps of them.

Whoever hears one tells it: a stop word, a complaint, the preference centre, an opt-in at Messenger. Whoever
asks whether a channel may be used asks rules/consented.py and nobody else.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from heimta.model.channel import Channel
from heimta.model.event import TimeMs
from heimta.model.ids import Whose

# given: opted in at the channel itself · centre: in the preference centre · confirmed: by the link in a mail
# that asked the address for it (edge/confirm.py) · stop_word, start_word: an SMS or a chat said so ·
# complaint: the message was reported as spam · refused: the provider will not deliver there any more ·
# provider: by the mail provider's own link to unsubscribe · operator: told by hand · person: another browser
# of the same person said so
Why = Literal[
    "given", "centre", "confirmed", "stop_word", "start_word", "complaint", "refused", "provider", "operator",
    "person"
]  # fmt: skip


class ConsentNote(Struct, frozen=True):
    """at: when it was said, ms; 0: when the entry was received. text: names the words they had before them,
    as Proof.text does. A no holds until a later yes; the shop's word is none.
    """

    vid: Whose
    channel: Channel
    yes: bool
    why: Why
    at: TimeMs = 0
    text: Annotated[str, Meta(max_length=200)] = ""
