"""Who is one person: browsers that told the shop the same e-mail address, telephone number or customer id.

Nothing else joins them, and nothing is guessed: no network address, no device, no name. Each such word has a
*hub*: a state of its own under a name made from the word, in the partition of that name, which knows the
browsers that told it. A person's names are the browser's own and those of its hubs; two browsers are one
person while they share a name. It goes no further: who shares a name with one of two is not one with the
other, so a word told by mistake joins as few as can be, and parts them when another one is told.
"""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from heimta.model.audience import GOOGLES
from heimta.model.event import Customer
from heimta.model.visitor import Stamp, VisitorState

Word = Literal["email", "phone", "id"]

# What a shop's template writes where nobody is signed in. All its guests are not one person.
NOBODY = frozenset({"", "0", "-1", "null", "undefined", "none", "nan", "false", "guest", "anonymous"})

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}\Z")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")


@lru_cache(maxsize=8192)  # of a browser that told its words, asked twice for every fact
def hub_of(shop: str, kind: Word, value: str) -> str:
    """The hub's name: as long as a visitor's id, with a dot before it, which no browser's has: a stranger who
    knows an address could make up its hub's name, and no door takes it. value: in normal form.
    """
    digest = hashlib.sha256(f"person\n{shop}\n{kind}\n{value}".encode()).digest()
    return "." + urlsafe_b64encode(digest[:16]).decode()[:21]


def is_hub(name: str) -> bool:
    return name.startswith(".")


def normal(kind: Word, value: str) -> str:
    """The one spelling of a word, '' for what names nobody. Numbers are brought to E.164 where they come in
    (rules/phones.py); one that could not be has no country, and might be anybody's.
    """
    told = value.strip()
    if kind == "email":
        return told.lower() if _EMAIL.match(told) else ""
    if kind == "phone":
        return told if _E164.match(told) else ""
    return "" if told.lower() in NOBODY else told


def hubs_of_words(shop: str, words: Mapping[Word, str]) -> tuple[str, ...]:
    found = ((kind, normal(kind, value)) for kind, value in words.items())
    return tuple(hub_of(shop, kind, value) for kind, value in found if value)


def hubs_of(state: VisitorState) -> tuple[str, ...]:
    return hubs_of_guest(state) if state.identity is None else tuple(told_here(state))


def told_here(state: VisitorState) -> dict[str, tuple[Stamp, Stamp]]:
    """By hub: when its word was told here first, as far as that is known, and last."""
    known = state.identity
    if known is None:
        return {}
    words: tuple[tuple[Word, str, list[Stamp], Stamp], ...] = (
        ("email", known.email, known.email_words, known.email_of),
        ("phone", known.phone, known.phone_words, known.phone_of),
        ("id", known.id, known.signed, known.id_of),
    )
    return {
        hub_of(state.shop, kind, told): (min([*stamps[:1], newest]), newest)
        for kind, value, stamps, newest in words
        if (told := normal(kind, value))
    }


def hubs_of_guest(state: VisitorState) -> tuple[str, ...]:
    """Of a visitor that no browser is behind: an order that named none. Whoever it was for is who it is, so a
    STOP of theirs holds for messages about it; where none are sent, the order keeps no customer.
    """
    if state.first_at or not state.orders:
        return ()
    given = [order.customer for order in state.orders.values() if order.customer is not None]
    return tuple(dict.fromkeys(hub for each in given for hub in hubs_of_customer(state.shop, each)))


def hubs_of_customer(shop: str, customer: Customer) -> tuple[str, ...]:
    words: dict[Word, str] = {"email": customer.email, "phone": customer.phone, "id": customer.id}
    return hubs_of_words(shop, words)


def names_of(state: VisitorState) -> tuple[str, ...]:
    """All names of the person behind this browser, the browser's own first."""
    return (state.visitor, *hubs_of(state))


def names_limited(state: VisitorState) -> tuple[str, ...]:
    """Under which limits count: the person's names, and the mailbox, to which other addresses lead."""
    known = state.identity
    boxes = mailbox_names(state.shop, known.email) if known is not None else ()
    return tuple(dict.fromkeys((*names_of(state), *boxes)))


def mailbox_names(shop: str, address: str) -> tuple[str, ...]:
    """The name under which a mailbox's limits count; none where there is none."""
    return hubs_of_words(shop, {"email": mailbox_of(address)})


def mailbox_of(address: str) -> str:
    """Where mail to an address arrives, '' for none: with most providers what stands behind a plus names no
    other mailbox, nor does a dot with Google. A guess, so it joins nobody: but a script could type addresses
    of one mailbox without end, and fill it.
    """
    local, _, domain = normal("email", address).rpartition("@")
    local = local.partition("+")[0] or local
    if domain in GOOGLES:
        local, domain = local.replace(".", ""), GOOGLES[0]
    return f"{local}@{domain}" if local else ""


def address_of(state: VisitorState, kind: Literal["email", "phone"], order: str = "") -> str:
    """Where to write. order: of a service message about one; the address the shop's back end gave with it
    comes first, which need not be this browser's and is used for nothing else.
    """
    held = state.orders.get(order)
    if held is not None and held.customer is not None:
        given = normal(kind, getattr(held.customer, kind))
        if given:
            return given
    known = state.identity
    return getattr(known, kind) if known is not None else ""
