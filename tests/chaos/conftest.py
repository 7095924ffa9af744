"""One Heimta for all short scenarios of this folder: starting it takes longer than breaking it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from loadtest.chaos.world import World, world

SEED = 7
SHOPS = ["c1", "c2", "c3", "c4", "c7", "c16"]


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def broken() -> AsyncIterator[World]:
    # With `everysec` a killed store may lose answers while the disk stalls (docs/reliability.md), and the
    # machine that checks has a busy one. The whole proof runs with `everysec`, on a machine of its own.
    always = {"appendfsync": "always"}
    async with world(SEED, SHOPS, seconds=2.0, rate=80.0, store_config=always) as made:
        yield made
