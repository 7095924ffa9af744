"""Stopping a worker: also one whose tasks miss that they were cancelled gives its leases back, at once."""

from __future__ import annotations

import asyncio
import time

import pytest

from heimta.channels.webpush import WebPush
from heimta.store import keys
from heimta.store.connect import Client
from heimta.store.partitions import PartitionsChanged
from heimta.worker.app import create_app
from heimta.worker.carriers.all import all_carriers
from heimta.worker.loop import Worker
from heimta.worker.owner import Owner


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def nothing() -> None:
    return None


async def test_a_swallowed_cancellation_keeps_no_lease(
    redis: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As asyncio.wait_for does before Python 3.12 when its work is done in the same turn."""
    swallowed = 0

    async def fold(owner: Owner) -> int:
        nonlocal swallowed
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            swallowed += 1
        return 1

    monkeypatch.setattr(Owner, "fold", fold)
    worker = Worker(
        redis, all_carriers(WebPush()), partitions=4, edge_url="https://edge.example", clock=now_ms
    )
    app = create_app(worker, probe=nothing, close=nothing)
    async with app.router.lifespan_context(app), asyncio.timeout(20):
        while len(worker.figures.owned) < 4:
            await asyncio.sleep(0.01)
        began = time.monotonic()
    assert time.monotonic() - began < 20
    assert swallowed == 4 and app.state.task.done()
    assert not [number for number in range(4) if await redis.exists(keys.lease(number))]


async def test_a_store_that_was_away_at_the_start_is_not_dealt_anew(redis: Client) -> None:
    """With another number of partitions each visitor would have another home, and be nobody there."""
    await redis.set(keys.PARTITIONS, 8)
    worker = Worker(
        redis, all_carriers(WebPush()), partitions=4, edge_url="https://edge.example", clock=now_ms
    )
    with pytest.raises(PartitionsChanged, match="started with 8"):
        async with asyncio.timeout(20):
            await worker.run()
    assert not [number for number in range(4) if await redis.exists(keys.lease(number))]
