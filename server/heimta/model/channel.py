"""The channels a message can take. One word each, in documents, state, outbox, log and console."""

from __future__ import annotations

from typing import Literal, get_args

Channel = Literal["push", "email", "sms", "messenger", "webhook"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)

# Sent at most once: nothing collapses a second copy, so what may have been sent is never sent again.
# The others carry an id by which the receiving side shows one of two (Topic and tag, Message-ID, event id).
ONCE: frozenset[Channel] = frozenset({"sms", "messenger"})
