"""Honest batches among the hostile ones, each event of which must be counted once."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter

import msgspec

from heimta.store import keys, rollups
from heimta.store.connect import Client, connect
from loadtest.hostile.bodies import name
from loadtest.hostile.house import WATCHED
from loadtest.hostile.lane import Asked
from tests.hostile import good

EVENTS = ("page_viewed", "page_viewed", "product_viewed", "cart_updated")
DAY_MS = 24 * 3_600_000
PATIENCE_S = 600.0  # for the worker to fold what it was sent


class Witness:
    """taken: events acknowledged, by name."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._again: list[bytes] = []
        self._acked: set[bytes] = set()
        self.taken: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()

    def next(self) -> Asked:
        """A new batch, or one that was sent before, as a browser that missed the answer does."""
        if self._again and self._dice.random() < 0.3:
            return Asked(f"/s/{WATCHED}", self._again.pop(), "watched")
        now = time.time_ns() // 1_000_000
        dice = self._dice
        told = good.batch(now, vid=name(dice, 22), src=name(dice, 11))
        cart = good.PROPS["cart_updated"]["cart"]
        told["sid"] = name(dice, 11)
        told["ev"] = [
            {"n": n, "t": event, "at": now - 10 + n, "u": "/", "p": good.PROPS[event]}
            for n, event in enumerate(EVENTS)
        ]
        told["ev"][3]["p"] = {"cart": {**cart, "id": name(dice, 11)}}
        body = msgspec.json.encode(told)
        self.sent.update(EVENTS)
        if dice.random() < 0.2:
            self._again.append(body)
        return Asked(f"/s/{WATCHED}", body, "watched")

    def told(self, asked: Asked, status: int) -> None:
        """Note an answer. Whatever was not taken is sent again, as a browser's outbox does."""
        if status != 200:
            self._again.append(asked.body)
        elif asked.body not in self._acked:
            self._acked.add(asked.body)
            self.taken.update(EVENTS)

    async def counted(self, url: str, partitions: int) -> Counter[str]:
        """What the worker made of it, once it has folded all that was acknowledged or stopped getting on."""
        redis = connect(url)
        try:
            end = time.monotonic() + PATIENCE_S
            while time.monotonic() < end:
                found = await self._read(redis, partitions)
                if await self._is_folded(redis, partitions):
                    return await self._read(redis, partitions)
                await asyncio.sleep(0.2)
            return found
        finally:
            await redis.aclose()

    async def _read(self, redis: Client, partitions: int) -> Counter[str]:
        today = time.time_ns() // 1_000_000
        days = [time.strftime("%Y%m%d", time.gmtime((today - back) / 1000)) for back in (0, DAY_MS)]
        sums: Counter[str] = Counter()
        for counts in (await rollups.counters(redis, WATCHED, days, partitions)).values():
            sums.update({event: counts[event] for event in set(EVENTS)})
        return sums

    @staticmethod
    async def _is_folded(redis: Client, partitions: int) -> bool:
        for partition in range(partitions):
            last = await redis.xrevrange(keys.log(partition), count=1)
            if last and last[0][0] != await redis.get(keys.checkpoint(partition)):
                return False
        return True


async def dead_letters(url: str, partitions: int) -> int:
    """Entries that the worker could not fold, those included that were dropped since."""
    redis = connect(url)
    try:
        found = 0
        for partition in range(partitions):
            found += int(await redis.xlen(keys.dead(partition)))
            found += int(await redis.get(keys.dead_gone(partition)) or 0)
        return found
    finally:
        await redis.aclose()
