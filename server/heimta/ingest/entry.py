"""What a log entry is: its kind and its bytes. The log holds nothing else."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

# batch: a browser's batch, as received · order: OrderHook · push: PushRequest · claim: ClaimNote ·
# preferences: PreferencesNote · delivery: DeliveryNote · relay: RelayNote, a fact from another partition ·
# consent: ConsentNote
Kind = Literal["batch", "order", "push", "claim", "preferences", "delivery", "relay", "consent"]


class Entry(Struct, frozen=True):
    """One accepted fact on its way into the log. data is stored as received, never encoded again."""

    partition: int
    shop: str
    kind: Kind
    received: int  # server clock, ms
    data: bytes
    agent: bytes = b""  # User-Agent, read by the worker


class ClaimNote(Struct, frozen=True):
    vid: str
    campaign: str
    code: str
    expires_at: int


class RelayNote(Struct, frozen=True):
    """From one visitor's partition to another's: `other` restored `vid`'s cart and ordered."""

    vid: str
    other: str
    order: str
    minor: int
    currency: str
    at: int
