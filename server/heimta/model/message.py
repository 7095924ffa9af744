"""Messages: what a journey decided to send, and how that ended."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode

from msgspec import Struct

from heimta.model.channel import Channel


class Message(Struct, frozen=True):
    """One step's message to one visitor, waiting in the outbox. Its text is rendered when it is sent.

    about: what it is for where that is no cart: a sku, an order. deferred_ms: how long rules have held it
    back in all; that does not make it late. begun_at: when it was put on the wire, noted before, for channels
    that may send once only; 0: not yet. A begun message that is met again has an unknown outcome.
    """

    id: str
    shop: str
    visitor: str
    journey: str
    step: str
    channel: Channel
    cart: str
    due_at: int  # ms
    tries: int = 0
    not_before: int = 0  # ms; a provider asked to wait
    about: str = ""
    deferred_ms: int = 0
    begun_at: int = 0


# What asks an address to confirm a yes (journeys/confirm.py); no merchant's journey can be named so.
CONFIRM = "heimta.confirm"
FORGOTTEN = "visitor forgotten"  # why a message is skipped whose visitor was erased meanwhile


class DeliveryNote(Struct, frozen=True):
    """What became of a message; goes back into the log. outcome: sent, failed, skipped, gone, unknown.

    told: when the address was told that it was sent to, ms; a newer one is not gone with it. address: a mark
    of the address, where that says it better.
    """

    vid: str
    message: str
    journey: str
    outcome: str
    reason: str = ""
    told: int = 0
    channel: Channel = "push"
    address: str = ""


def message_id(shop: str, visitor: str, journey: str, step: str, cart: str) -> str:
    """The message's name, a pure function of what it is for: 22 characters of base64url.

    Made again after a crash it is the same, so Topic and notification tag (RFC 8030 section 5.4) collapse a
    second copy.
    """
    digest = hashlib.sha256(f"{shop}\n{visitor}\n{journey}\n{step}\n{cart}".encode()).digest()
    return urlsafe_b64encode(digest[:16]).decode().rstrip("=")
