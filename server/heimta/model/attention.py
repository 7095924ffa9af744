"""What has claimed a person's attention: messages that went out, and what interrupted them on the page.

Service messages stand here too, though they claim nothing: so that one person is not told twice.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

TouchKind = Literal["message", "shown", "service"]


class Touch(Struct, frozen=True, array_like=True, order=True):
    """id: the message's; of what was seen on a page, its event's. subject: what it told, where a second
    browser of the person may lead to the same once more (journeys/decide.py); '' for a cart of its own.
    """

    at: int  # ms
    id: str
    kind: TouchKind
    subject: str = ""


Touches = tuple[Touch, ...]


class Limits(Struct, frozen=True):
    """What a shop's document says of messages (Attention), each word spelled out: it is kept in the send log,
    where a default that changes later must change nothing.
    """

    messages_per_day: int
    messages_per_week: int
    apart_h: float
    all_per_day: int
    apart_s: int
    quiet: str
