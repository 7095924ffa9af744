"""Wakes a partition's loop soon after something came: one question for all partitions instead of one each.

A worker that is idle asks 50 times a second how long its logs are, in one round trip. An event is folded
within moments, and sixteen silent partitions cost hardly more than one. A wake-up that is missed is no harm:
each loop looks by itself as well, a few times a second.

What an owner has written into its own log is in no hurry: it is what became of messages, and nobody waits for
that. A step for each of them would cost as much as all else that a message does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

from msgspec import Struct

from heimta.store import keys
from heimta.store.connect import Client

CALM_S = 0.1  # so long outcomes wait for others of their kind


class _Seen(Struct, frozen=True):
    """What was known when a partition was woken last: its log's length, how much of it is the owner's own,
    and when that was, seconds.
    """

    length: int = -1
    own: int = 0
    at: float = 0.0


class Pulse:
    """clock: seconds, which only go on."""

    def __init__(self, redis: Client, *, clock: Callable[[], float] = monotonic) -> None:
        self._redis = redis
        self._clock = clock
        self._wakes: dict[int, asyncio.Event] = {}
        self._own: dict[int, Callable[[], int]] = {}
        self._seen: dict[int, _Seen] = {}

    async def beat(self) -> None:
        """Look at the logs of all who wait. Raises redis.exceptions.RedisError."""
        waiting = list(self._wakes)
        if not waiting:
            return
        async with self._redis.pipeline(transaction=False) as pipe:
            for partition in waiting:
                pipe.xlen(keys.log(partition))
            lengths = await pipe.execute()
        now = self._clock()
        for partition, length in zip(waiting, lengths, strict=True):
            seen = self._seen.get(partition, _Seen())
            own = self._own.get(partition, int)()
            grown = length - seen.length
            is_of_others = grown < 0 or grown > own - seen.own  # less: it was trimmed
            if grown and (is_of_others or now - seen.at >= CALM_S):
                self._seen[partition] = _Seen(length, own, now)
                self.wake(partition)

    def wake(self, partition: int) -> None:
        wake = self._wakes.get(partition)
        if wake is not None:
            wake.set()

    def join(self, partition: int, own: Callable[[], int] = int) -> None:
        """own: how many entries its owner has written into the log so far, or is about to write."""
        self._wakes[partition] = asyncio.Event()
        self._own[partition] = own
        self._seen.pop(partition, None)

    def leave(self, partition: int) -> None:
        self._wakes.pop(partition, None)
        self._own.pop(partition, None)

    async def wait(self, partition: int, limit_s: float) -> None:
        """Return when something came, also if it came since the last time; or after limit_s."""
        wake = self._wakes[partition]
        try:
            async with asyncio.timeout(limit_s):
                await wake.wait()
        except TimeoutError:
            return  # nothing came: the loop looks by itself
        wake.clear()
