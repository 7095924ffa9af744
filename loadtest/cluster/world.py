"""A whole Heimta on a real cluster, its shoppers, and what they were told against what is there.

Two edges and two workers as processes of their own; the shoppers and the bookkeeping are those of make chaos.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from heimta.store import keys, partitions
from heimta.store.connect import Client, connect
from heimta.store.slots import slot_of
from loadtest.chaos import check, journal
from loadtest.chaos.load import Load
from loadtest.chaos.shoppers import CALM, Config, Phase, Summary
from loadtest.chaos.system import Process, System
from loadtest.chaos.world import HOOK, ORIGIN, open_shop
from loadtest.cluster.local import Cluster, cluster

PARTITIONS = 16
PATIENCE_S = 60.0


@dataclass
class Shown:
    """What one scenario showed. notes: what a reader wants to know besides."""

    name: str
    summary: Summary = field(default_factory=Summary)
    found: check.Found = field(default_factory=check.Found)
    notes: list[str] = field(default_factory=list)

    @property
    def server_errors(self) -> int:
        """Answers that are neither 200 nor "come back"."""
        return sum(self.summary.strange.values())

    def __str__(self) -> str:
        found, told = self.found, ", ".join([*self.notes, *self.found.details, *self.summary.strange])
        return (
            f"{self.name}: {self.summary.count('200'):,} x 200, {self.summary.count('503'):,} x 503, "
            f"{self.summary.hangs} hangs, {found.acked:,} acknowledged, {found.lost} lost, "
            f"{found.twice} twice" + (f"; {told}" if told else "")
        )


@dataclass
class World:
    folder: Path
    cluster: Cluster
    system: System
    redis: Client
    rate: float

    async def load(self, shop: str) -> Load:
        """Shoppers of a shop of their own, at work."""
        await open_shop(self.redis, shop)
        for edge in self.system.edges:
            await edge.wait_until_ready(f"/s/{shop}.js")
        load = Load(
            Config(
                urls=[edge.url for edge in self.system.edges],
                shop=shop,
                origin=ORIGIN,
                secret=HOOK,
                journal=str(self.folder / f"{shop}.journal"),
                seed=len(shop),
                batches_per_s=self.rate,
            )
        )
        await load.start()
        return load

    async def settle(self, shown: Shown, shop: str, load: Load) -> Shown:
        """The fault is over: until all is well, then hold the journal against the store."""
        shown.summary = await load.finish()
        told = journal.read(self.folder / f"{shop}.journal")
        looking = connect(
            self.cluster.url
        )  # a new one: connections that broke meanwhile would break the count
        try:
            await check.quiesce(looking, PARTITIONS, patience_s=PATIENCE_S)
            shown.found = await check.check(looking, shop, told, PARTITIONS)
        finally:
            await looking.aclose()
        calm = shown.summary.phases.get(CALM, Phase())
        shown.notes.append(f"answers in calm p50 {calm.p50 * 1000:.1f} ms, p99 {calm.p99 * 1000:.0f} ms")
        return shown

    def partitions_of(self, port: int) -> list[int]:
        """The partitions whose slots the master on this port serves."""
        masters = {p: self.cluster.master_of(slot_of(keys.tag(p))).port for p in range(PARTITIONS)}
        return [partition for partition, at in masters.items() if at == port]


@asynccontextmanager
async def world(*, rate: float, wait_replicas: int = 0) -> AsyncIterator[World]:
    """Started and ready; whatever happens, nothing of it is left afterwards."""
    async with AsyncExitStack() as stack:
        held = tempfile.TemporaryDirectory(prefix="hw", ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(held))
        made = stack.enter_context(cluster())
        redis = connect(made.url, timeout_s=2.0)
        stack.push_async_callback(redis.aclose)
        await partitions.settle(redis, PARTITIONS)
        system = System(folder, made.url, PARTITIONS, "")
        system.environ["HEIMTA_REDIS_WAIT_REPLICAS"] = str(wait_replicas)
        for role in ("edge", "edge", "worker", "worker"):
            system.add(role)
        stack.push_async_callback(system.stop)
        await system.start()
        yield World(folder, made, system, redis, rate)


async def wait_until_shared(system: System, *, patience_s: float = 30.0) -> None:
    """Until the running workers own all partitions between them, and each its part."""
    until = time.monotonic() + patience_s
    while sum(parts := [await owned(worker) for worker in system.workers]) != PARTITIONS or 0 in parts:
        if time.monotonic() > until:
            raise TimeoutError(f"the workers own {parts} of {PARTITIONS} partitions")
        await asyncio.sleep(0.1)


async def owned(worker: Process) -> int:
    """How many partitions a worker owns, as it says itself; 0 for one that does not answer."""
    told = await asyncio.to_thread(_ready, worker.url)
    return int(told.get("partitions", 0))


def _ready(url: str) -> dict[str, Any]:
    try:
        with urlopen(f"{url}/readyz", timeout=2) as answer:
            return dict(json.load(answer))
    except HTTPError as refused:
        return dict(json.load(refused))
    except OSError:
        return {}
