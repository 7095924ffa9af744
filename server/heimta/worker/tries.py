"""Whether a message that did not arrive is tried again, and how long it waits. Pure."""

from __future__ import annotations

from heimta.channels.result import Delivery
from heimta.model.channel import ONCE
from heimta.model.message import Message

TRIES = 6
FIRST_WAIT_MS = 30_000
TRUSTED = 3  # tries after each of which a Retry-After is all that counts
SECOND_MS = 1000


def may_try_again(message: Message, delivery: Delivery) -> bool:
    if delivery.away:
        return True
    if message.tries + 1 >= TRIES:
        return False
    if delivery.outcome == "unknown":
        return message.channel not in ONCE
    return delivery.outcome == "failed" and not delivery.permanent


def wait_ms(message: Message, delivery: Delivery) -> int:
    """As asked; but whoever asks for seconds again and again would burn all tries: then our own patience is
    the least.
    """
    asked_ms = round((delivery.retry_after_s or 0) * 1000)
    if asked_ms >= SECOND_MS and (delivery.away or message.tries < TRUSTED):
        return asked_ms
    return int(max(FIRST_WAIT_MS * 2**message.tries, asked_ms))
