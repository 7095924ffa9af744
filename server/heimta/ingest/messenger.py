"""What Meta tells a page's webhook, read: who did what, and when. Pure.

Each thing that happened is read apart: one of a new kind must not lose its neighbours, since Meta sends all
of them again until the answer is 200, and stops sending after too many others.

While another app of the page's has the conversation (a person answers in an inbox, say), what people write is
told as `standby`: a stop is one to whomever it is said.

Sources: docs/messenger-platform/webhooks/webhook-events: messages, messaging_postbacks, messaging_referrals,
messaging_optins, standby; docs/messenger-platform/discovery/m-me-links.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from heimta.ingest.decode import BadBody, decode
from heimta.rules.stop_words import Wish, wish

STOP_BUTTON = "heimta-stop"  # payload of the button in each of our messages (worker/carriers/messenger.py)
PSID = r"^[0-9]{1,30}\Z"
_SECONDS = 10**11  # a time below it is in seconds: the reference shows both


class Happened(Struct, frozen=True):
    """psid: who. at: ms, by Meta's clock. ref: of the link they came through, or ''."""

    psid: str
    at: int
    ref: str
    wish: Wish


class _Person(Struct):
    id: Annotated[str, Meta(pattern=PSID)]


class _Referral(Struct):
    ref: str = ""


class _Message(Struct):
    text: str = ""
    is_echo: bool = False
    referral: _Referral | None = None


class _Postback(Struct):
    payload: str = ""
    referral: _Referral | None = None


class _Happening(Struct):
    sender: _Person
    timestamp: int | Annotated[str, Meta(pattern=r"^[0-9]{1,16}\Z")]
    message: _Message | None = None
    postback: _Postback | None = None
    referral: _Referral | None = None
    optin: _Referral | None = None


class _Page(Struct):
    id: str = ""
    messaging: Annotated[list[Raw], Meta(max_length=1000)] = []
    standby: Annotated[list[Raw], Meta(max_length=1000)] = []


class _Body(Struct):
    object: str
    entry: Annotated[list[_Page], Meta(max_length=1000)] = []


_body = msgspec.json.Decoder(_Body)
_happening = msgspec.json.Decoder(_Happening)


def read(body: bytes, *, page: str, now: int) -> list[Happened]:
    """What people did with the page, in the order told. Raises BadBody. now: nothing happens later, ms."""
    found = decode(_body, body)
    if found.object != "page":
        return []
    ours = [entry for entry in found.entry if entry.id == page]
    told = [_read(raw, now) for entry in ours for raw in (*entry.messaging, *entry.standby)]
    return [one for one in told if one is not None]


def _read(raw: Raw, now: int) -> Happened | None:
    """None for what is no act of a person's: receipts, echoes of our own messages, kinds we do not know."""
    try:
        one = decode(_happening, raw)
    except BadBody:
        return None
    said = one.message
    acts = (said, one.postback, one.referral, one.optin)
    if (said is not None and said.is_echo) or not any(acts):
        return None
    refs = [act.referral for act in (said, one.postback) if act is not None and act.referral is not None]
    refs += [act for act in (one.referral, one.optin) if act is not None]
    at = int(one.timestamp)
    return Happened(
        psid=one.sender.id,
        at=max(1, min(at * 1000 if at < _SECONDS else at, now)),
        ref=next((found.ref for found in refs if found.ref), ""),
        wish=_wish(one),
    )


def _wish(one: _Happening) -> Wish:
    if one.postback is not None and one.postback.payload == STOP_BUTTON:
        return "stop"
    return wish(one.message.text) if one.message is not None else ""
