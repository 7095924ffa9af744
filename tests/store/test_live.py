"""What the console shows of a shop: its newest entries, also behind those of a shop that fills the log."""

from __future__ import annotations

import pytest

from heimta.ingest.entry import Entry
from heimta.store import live
from heimta.store.connect import Client
from heimta.store.log import Log


async def tell(redis: Client, shop: str, first: int, count: int) -> None:
    await Log(redis).append([Entry(n % 2, shop, "batch", n, b"{}") for n in range(first, first + count)])


@pytest.mark.parametrize("between", [0, 7, 100])
async def test_a_quiet_shop_is_seen_behind_a_loud_one(redis: Client, between: int) -> None:
    await tell(redis, "quiet", 1000, 6)
    await tell(redis, "loud", 2000, between)
    found = await live.recent(redis, "quiet", 2, limit=4)
    assert [entry.received for entry in found] == [1005, 1004, 1003, 1002]
    assert {entry.shop for entry in found} == {"quiet"}


async def test_how_far_back_is_looked_has_an_end(redis: Client) -> None:
    await tell(redis, "quiet", 1000, 6)
    await tell(redis, "loud", 2000, 2 * 21 * 4)
    assert await live.recent(redis, "quiet", 2, limit=4) == []
    assert len(await live.recent(redis, "loud", 2, limit=4)) == 4


async def test_an_empty_log_shows_nothing(redis: Client) -> None:
    assert await live.recent(redis, "quiet", 2) == []
