"""Wakes a partition's loop soon after something came: one question for all partitions instead of one each.

A worker that is idle asks 50 times a second how long its logs are, in one round trip. An event is folded
within moments, and sixteen silent partitions cost hardly more than one. A wake-up that is missed is no harm:
each loop looks by itself as well, a few times a second.
"""

from __future__ import annotations

import asyncio

from heimta.store import keys
from heimta.store.connect import Client


class Pulse:
    def __init__(self, redis: Client) -> None:
        self._redis = redis
        self._wakes: dict[int, asyncio.Event] = {}
        self._lengths: dict[int, int] = {}

    async def beat(self) -> None:
        """Look at the logs of all who wait. Raises redis.exceptions.RedisError."""
        waiting = list(self._wakes)
        if not waiting:
            return
        async with self._redis.pipeline(transaction=False) as pipe:
            for partition in waiting:
                pipe.xlen(keys.log(partition))
            lengths = await pipe.execute()
        for partition, length in zip(waiting, lengths, strict=True):
            if self._lengths.get(partition) != length:
                self._lengths[partition] = length
                self._wake(partition)

    def _wake(self, partition: int) -> None:
        wake = self._wakes.get(partition)
        if wake is not None:
            wake.set()

    def join(self, partition: int) -> None:
        self._wakes[partition] = asyncio.Event()

    def leave(self, partition: int) -> None:
        self._wakes.pop(partition, None)

    async def wait(self, partition: int, limit_s: float) -> None:
        """Return when something came, also if it came since the last time; or after limit_s."""
        wake = self._wakes[partition]
        try:
            async with asyncio.timeout(limit_s):
                await wake.wait()
        except TimeoutError:
            return  # nothing came: the loop looks by itself
        wake.clear()
