"""Shopper to console on a cluster, while a master is lost. `make cluster` does more of it, for longer."""

from __future__ import annotations

from heimta.store import live
from loadtest.cluster import faults
from loadtest.cluster.world import PARTITIONS, world


async def test_a_master_is_lost_and_nothing_that_was_acknowledged() -> None:
    """With HEIMTA_REDIS_WAIT_REPLICAS=1; what is promised without it is in docs/cluster.md."""
    async with world(rate=40.0, wait_replicas=1) as made:
        shown, away_s = await faults.master_is_lost(made, "short")
        assert (shown.found.lost, shown.found.twice, shown.found.invented) == (0, 0, 0), str(shown)
        assert (shown.server_errors, shown.summary.hangs) == (0, 0), str(shown)
        assert shown.found.acked > 500
        assert 0.1 < away_s < 15
        newest = await live.recent(made.redis, "short", PARTITIONS)  # as the console reads
        assert newest and newest == sorted(newest, key=lambda entry: -entry.received)
