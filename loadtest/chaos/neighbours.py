"""How long it takes from an answer until what it acknowledged is in its visitor's state, in each partition.

A new visitor's first batch every few milliseconds, by turns in every partition, whether the one before is
visible yet or not: while a partition stands still its visitors go on coming, and each of their waits counts.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import aiohttp
from msgspec import Struct

from heimta.store import keys
from heimta.store.connect import text
from loadtest.chaos.browser import Browser, now_ms
from loadtest.chaos.visits import Visit, make_id
from loadtest.chaos.world import PARTITIONS, World

EVERY_S = 0.02
LOOK_S = 0.002
LOOKS = 20  # in as long as it has taken so far: what waits for long is asked for less often


class Wait(Struct, frozen=True):
    """partition: whose. at: when it was acknowledged, seconds of time.monotonic(). took: until visible."""

    partition: int
    at: float
    took: float


@dataclass
class Pending:
    """key: what is there once the visitor is visible. look_at: when to look for it next."""

    partition: int
    key: str
    at: float
    look_at: float


class Watch:
    """Watches the partitions by visitors of its own, in a shop that edges and workers know."""

    def __init__(self, world: World, shop: str) -> None:
        self._world, self._shop = world, shop
        self._dice = world.dice(f"watch {shop}")
        self._stopped = False
        self._task: asyncio.Task[None] | None = None
        self._pending: list[Pending] = []
        self.waits: list[Wait] = []
        self.refused = 0

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Once everyone is visible. Raises an ExceptionGroup when watching broke."""
        self._stopped = True
        if self._task is not None:
            await self._task

    def between(self, first: float, last: float, partitions: set[int]) -> list[float]:
        """The waits, seconds, of those who were answered between the two moments there."""
        return [w.took for w in self.waits if first <= w.at < last and w.partition in partitions]

    async def _run(self) -> None:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as http, asyncio.TaskGroup() as tasks:
            browsers = [Browser(http, edge.url, self._shop) for edge in self._world.system.edges]
            sent = tasks.create_task(self._send(browsers, tasks))
            while not (sent.done() and self._stopped and not self._pending):
                await self._look()
                await asyncio.sleep(LOOK_S)

    async def _send(self, browsers: list[Browser], tasks: asyncio.TaskGroup) -> None:
        number = 0
        while not self._stopped:
            tasks.create_task(self._visit(browsers[number % len(browsers)], number % PARTITIONS))
            number += 1
            await asyncio.sleep(EVERY_S)

    async def _visit(self, browser: Browser, partition: int) -> None:
        visit = Visit(self._dice)
        while keys.partition_of(self._shop, visit.visitor, PARTITIONS) != partition:
            visit.visitor = make_id(self._dice, 16)
        visit.open_page(now_ms())
        answer = await browser.post("", visit.batch(visit.pages[0], now_ms())[0])
        if not answer.is_ok:
            self.refused += 1  # nothing was acknowledged, so nobody waits for it
            return
        now, name = time.monotonic(), keys.visitor(partition, self._shop, visit.visitor)
        self._pending.append(Pending(partition, name, now, now))

    async def _look(self) -> None:
        """All that it is time for, in one question."""
        now = time.monotonic()
        asked = [one for one in self._pending if one.look_at <= now]
        if not asked:
            return
        async with self._world.redis.pipeline(transaction=False) as pipe:
            for one in asked:
                pipe.exists(one.key)
            there = await pipe.execute()
        now = time.monotonic()
        for one, is_there in zip(asked, there, strict=True):
            if is_there:
                self._pending.remove(one)
                self.waits.append(Wait(one.partition, one.at, now - one.at))
            else:
                one.look_at = now + (now - one.at) / LOOKS


async def owned_with(world: World, partition: int) -> set[int]:
    """The partitions that the owner of this one owns."""
    held = [await world.redis.get(keys.lease(p)) for p in range(PARTITIONS)]
    names = [text(raw).partition(".")[2] if raw is not None else "" for raw in held]
    return {p for p in range(PARTITIONS) if names[p] == names[partition]}


async def until_shared(world: World, workers: int, patience_s: float = 40.0) -> None:
    """Until each worker owns as many partitions as its share is. Raises TimeoutError."""
    async with asyncio.timeout(patience_s):
        while {len(await owned_with(world, p)) for p in range(PARTITIONS)} != {PARTITIONS // workers}:
            await asyncio.sleep(0.1)
