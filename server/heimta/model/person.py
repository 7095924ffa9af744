"""Who is one person: browsers that told the shop the same e-mail address, telephone number or customer id.

Nothing else joins them. Each such word has a *hub*: a state of its own under a name made from the word, in
the partition of that name, which knows the browsers that told it. A person's names are the browser's own and
those of its hubs; two browsers are one person if they share a name.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from typing import Literal

from heimta.model.visitor import VisitorState

Word = Literal["email", "phone", "id"]


def hub_of(shop: str, kind: Word, value: str) -> str:
    """The hub's name, as long as a visitor's id. value: as kept in the state (normal form)."""
    digest = hashlib.sha256(f"person\n{shop}\n{kind}\n{value}".encode()).digest()
    return urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def hubs_of(state: VisitorState) -> tuple[str, ...]:
    known = state.identity
    if known is None:
        return ()
    words: tuple[tuple[Word, str], ...] = (("email", known.email), ("phone", known.phone), ("id", known.id))
    return tuple(hub_of(state.shop, kind, value) for kind, value in words if value)


def names_of(state: VisitorState) -> tuple[str, ...]:
    """All names of the person behind this browser, the browser's own first."""
    return (state.visitor, *hubs_of(state))
