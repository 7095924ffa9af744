"""How many messages of a channel a shop sent within a day, beside its ceiling and beside its usual day."""

from __future__ import annotations

from typing import Literal, TypeGuard

from msgspec import Struct

from heimta.model.channel import Channel
from heimta.model.documents import ShopDoc

Limited = Literal["email", "sms"]  # channels with a ceiling, `per_day` of their provider's document
LIMITED: tuple[Limited, ...] = ("email", "sms")
NEARLY = 0.8  # of a ceiling
SURGE = 10  # usual days within one are far above the usual,
SURGE_FROM = 500  # but not fewer than this: a small shop's good day is no news


def is_limited(channel: Channel) -> TypeGuard[Limited]:
    """Whether it has a ceiling in shops that have it."""
    return channel in LIMITED


def ceiling_of(shop: ShopDoc, channel: Channel) -> int:
    """Messages within 24 hours; 0: the shop has no such channel, or it has no ceiling."""
    provider = shop.email if channel == "email" else shop.sms if channel == "sms" else None
    return provider.per_day if provider is not None else 0


class Volume(Struct, frozen=True):
    """taken: within 24 hours. most: the ceiling. usual: on an average day, the last two left out; 0: there
    is none yet.
    """

    shop: str
    channel: Limited
    taken: int
    most: int
    usual: float

    @property
    def used(self) -> float:
        """How much of the ceiling is gone, 1 for all."""
        return self.taken / self.most

    @property
    def surge(self) -> float:
        """How much of what would be far above the usual, 1 from there on."""
        return self.taken / max(SURGE_FROM, SURGE * self.usual)

    @property
    def is_alarming(self) -> bool:
        return self.used >= NEARLY or self.surge >= 1
