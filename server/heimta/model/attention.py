"""What has claimed a person's attention: messages that went out, and what interrupted them on the page."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

TouchKind = Literal["message", "shown"]


class Touch(Struct, frozen=True, array_like=True, order=True):
    """id: the message's; of what was seen on a page, its event's."""

    at: int  # ms
    id: str
    kind: TouchKind


Touches = tuple[Touch, ...]
