"""Where messages are sent in a proof: a real store, all that receives, and the shop; and when all is sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from heimta.model.journey import Journey
from heimta.store import keys
from heimta.store.connect import Client
from loadtest.chaos.check import quiesce
from loadtest.chaos.store import fresh_store
from loadtest.sending.ground import open_shop
from loadtest.sending.receivers import MOST_MS, Receivers

SOON_MS = 2000  # what is due so soon is waited for as well


@dataclass(frozen=True)
class Home:
    """folder: for whatever a proof writes; url: the store's. Both end with the proof."""

    folder: Path
    url: str
    redis: Client
    at: Receivers


@asynccontextmanager
async def opened(
    seed: int, journeys: Sequence[Journey], count: int, *, latency_ms: float = MOST_MS
) -> AsyncIterator[Home]:
    """count: of partitions."""
    async with fresh_store(count, timeout_s=60.0) as (folder, store, redis):
        at = Receivers(seed, latency_ms=latency_ms)
        try:
            await at.start()
            await open_shop(redis, at, journeys)
            yield Home(folder, store.url, redis, at)
        finally:
            await at.stop()


async def until_nothing_is_left(redis: Client, count: int, *, patience_s: float) -> None:
    """No entry unfolded, no message in an outbox, no timer due. count: of partitions. Raises TimeoutError."""
    async with asyncio.timeout(patience_s):
        calm = 0
        while calm < 3:  # a fold may put a message into an outbox that was empty just now
            await quiesce(redis, count, patience_s=patience_s)
            soon, left = time.time_ns() // 1_000_000 + SOON_MS, 0
            for partition in range(count):
                left += await redis.hlen(keys.outbox(partition))
                left += await redis.zcount(keys.due(partition), 0, soon)
            calm = calm + 1 if not left else 0
            await asyncio.sleep(0.3)
