"""Where a sender dies: the six places, and how a worker of ours comes to die there.

The product has no hook for it: its own functions are wrapped in the child before it runs. It kills itself
with SIGKILL, so nothing of it gets to say goodbye.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Callable
from typing import Any, Literal, get_args

from msgspec import Struct

from heimta.channels.result import Delivery
from heimta.model.channel import Channel
from heimta.model.message import DeliveryNote, Message
from heimta.store.partition import RawEntry
from heimta.worker.carriers.all import Carriers
from heimta.worker.carriers.job import Carrier, Job
from heimta.worker.owner import Owner

Place = Literal["claimed", "before", "during", "after", "recorded", "folding", "none"]
# claimed: the claim stands, the carrier was not asked. before: it was asked, and nothing has left. during: on
# the wire, or the answer on its way. after: the 2xx was read, not recorded. recorded: the outcome is in the
# log. folding: it is about to be folded into the state and acknowledged by the checkpoint.
PLACES: tuple[Place, ...] = get_args(Place)[:-1]
ON_THE_WIRE_MS = 18.0  # the receivers answer within 15


class Plan(Struct, frozen=True):
    """One life. nth: at how many passages of the place it dies. clock_ms: how wrong its machine's clock is,
    in turns of half a second.
    """

    place: Place
    channel: Channel | Literal[""]
    nth: int
    clock_ms: tuple[int, ...]
    seed: int


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Countdown:
    """Counts the passages of one place; the nth is the last."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._left = plan.nth

    def is_now(self, place: Place, channel: str) -> bool:
        if place != self._plan.place or self._plan.channel not in ("", channel):
            return False
        self._left -= 1
        return self._left == 0

    def passing(self, place: Place, channel: str) -> None:
        if self.is_now(place, channel):
            die()


class MortalCarrier:
    """A carrier whose process may end before, while or after it sends."""

    def __init__(self, real: Carrier, channel: Channel, countdown: Countdown, dice: random.Random) -> None:
        self._real = real
        self._channel = channel
        self._countdown = countdown
        self._dice = dice

    async def send(self, job: Job) -> Delivery:
        self._countdown.passing("before", self._channel)
        if self._countdown.is_now("during", self._channel):
            wait_s = self._dice.uniform(0, ON_THE_WIRE_MS) / 1000
            asyncio.get_running_loop().call_later(wait_s, die)
        delivery = await self._real.send(job)
        if delivery.outcome == "sent":
            self._countdown.passing("after", self._channel)
        return delivery

    async def close(self) -> None:
        await self._real.close()


def mortal(carriers: Carriers, plan: Plan) -> dict[Channel, Carrier]:
    """The carriers as they are to be used in this life; the owner's steps are wrapped as well."""
    countdown, dice = Countdown(plan), random.Random(plan.seed)
    _wrap_owner(countdown)
    return {name: MortalCarrier(real, name, countdown, dice) for name, real in carriers.items()}


def _wrap_owner(countdown: Countdown) -> None:
    claim, finish = Owner.claim, Owner.finish
    fold: Callable[..., Any] = Owner._fold_entries

    async def claimed(self: Owner, message: Message, since: str, *, mark: bool) -> bool:
        taken = await claim(self, message, since, mark=mark)
        if taken:
            countdown.passing("claimed", message.channel)
        return taken

    async def recorded(self: Owner, message: Message, note: DeliveryNote | None, **more: Any) -> None:
        await finish(self, message, note, **more)
        countdown.passing("recorded", message.channel)

    async def folding(self: Owner, entries: list[RawEntry], cleared: list[str]) -> None:
        for _, fields in entries:
            if fields.get(b"k") == b"delivery":
                countdown.passing("folding", "")
        await fold(self, entries, cleared)

    Owner.claim = claimed  # type: ignore[method-assign]
    Owner.finish = recorded  # type: ignore[method-assign]
    Owner._fold_entries = folding  # type: ignore[method-assign]
