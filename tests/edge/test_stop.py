"""An edge that is asked to stop ends, also when a cancellation is swallowed on the way.

As asyncio.wait_for does before Python 3.12 when its work is done in the same turn.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from heimta.edge.bundles import Bundles
from heimta.edge.presence import Presence
from heimta.edge.shops import Shops
from heimta.store import documents, keys, workers
from heimta.store.connect import Client

LONG_S = 30.0


class Swallowing:
    """Stands for a question to Redis; says when it was asked, and misses that it was cancelled."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.swallowed = 0

    async def __call__(self, *args: object, **more: object) -> list[str]:
        self.asked.set()
        try:
            await asyncio.sleep(LONG_S)
        except asyncio.CancelledError:
            self.swallowed += 1
        return []


@pytest.fixture
def swallowing() -> Swallowing:
    return Swallowing()


async def test_an_edge_says_that_it_lives_until_it_stops(redis: Client) -> None:
    presence = Presence(redis)
    presence.start()
    async with asyncio.timeout(LONG_S):
        while not await workers.living(redis, among=keys.EDGES):
            await asyncio.sleep(0.01)
        await presence.stop()
    assert await workers.living(redis, among=keys.EDGES) == 0


async def test_presence_ends_though_its_cancellation_was_swallowed(
    redis: Client, monkeypatch: pytest.MonkeyPatch, swallowing: Swallowing
) -> None:
    monkeypatch.setattr(workers, "beat", swallowing)
    presence = Presence(redis)
    presence.start()
    await swallowing.asked.wait()
    async with asyncio.timeout(LONG_S / 2):
        await presence.stop()
    assert swallowing.swallowed == 1


async def test_the_shops_end_though_their_cancellation_was_swallowed(
    redis: Client, monkeypatch: pytest.MonkeyPatch, swallowing: Swallowing, tmp_path: Path
) -> None:
    (tmp_path / "manifest.json").write_text('{"fingerprint": "x", "files": {}}')
    shops = Shops(redis, Bundles(tmp_path), lambda: 0)
    await shops.start()
    monkeypatch.setattr(documents, "shops", swallowing)
    await swallowing.asked.wait()
    async with asyncio.timeout(LONG_S / 2):
        await shops.stop()
    assert swallowing.swallowed == 1
