"""How long after its acknowledgement an event is in its visitor's state, while a paced load goes on beside.

The load and the probes append to the log as the edge's group commit does, over the same code (Log.append),
from this process: what is measured is the worker, not an edge. A probe is the first batch of a visitor of its
own, so that its state is there or not there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from msgspec import Struct

from heimta.store import keys
from heimta.store.connect import Client
from heimta.store.log import Log
from loadtest.worker.traffic import EVENTS, PRESENT, SHOP, batch, in_wave, visitor_id

TURN_S = 0.01
LOOK_S = 0.001
LIMIT_S = 30.0
WARM_S = 5.0  # the load's own visitors are new at first, and what was left of the phase before is folded
PROBES_FROM = 900_000_000  # visitors' numbers that no load has
LOAD_FROM = 800_000_000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Taken(Struct, frozen=True):
    """Milliseconds, sorted. ping: what Redis took to answer a PING just before each probe, for comparison.

    paused_ms: the longest time in which the load wrote nothing: it or Redis had no core, or no disk.
    """

    visible: list[float]
    ping: list[float]
    paused_ms: float


async def measure(
    redis: Client, look: Client, *, events_per_s: float, going_on: Callable[[int], bool], first: int = 0
) -> Taken:
    """From acknowledgement to visible, one probe after the other.

    look: a second client, for the probes. going_on: whether to go on after that many. first: of the probes.
    """
    stop = asyncio.Event()
    load = asyncio.create_task(_load(redis, events_per_s / EVENTS, stop))
    taken: list[float] = []
    pings: list[float] = []
    try:
        await asyncio.sleep(WARM_S)
        while going_on(len(taken)):
            asked = time.monotonic()
            await look.ping()
            pings.append((time.monotonic() - asked) * 1000)
            taken.append(await _probe(look, PROBES_FROM + first + len(taken)))
            await asyncio.sleep(TURN_S)
    finally:
        stop.set()
        paused_ms = await load
    return Taken(sorted(taken), sorted(pings), paused_ms)


async def _load(redis: Client, batches_per_s: float, stop: asyncio.Event) -> float:
    """Returns its longest pause, ms, once it is warm."""
    log, began, sent = Log(redis), time.monotonic(), 0
    last, paused_s = began, 0.0
    while not stop.is_set():
        wanted = int((time.monotonic() - began) * batches_per_s)
        while sent < wanted:
            group = range(sent, min(wanted, sent + 256))
            at = now_ms()
            said = (in_wave(place, PRESENT) for place in group)
            await log.append([batch(LOAD_FROM + number, visit, at) for number, visit in said])
            sent += len(group)
            last, before = time.monotonic(), last
            if last > began + WARM_S:
                paused_s = max(paused_s, last - before)
        await asyncio.sleep(TURN_S)
    return paused_s * 1000


async def _probe(redis: Client, number: int) -> float:
    entry = batch(number, 0, now_ms())
    name = keys.visitor(entry.partition, SHOP, visitor_id(number))
    await Log(redis).append([entry])
    acknowledged = time.monotonic()
    await _until(lambda: redis.exists(name))
    return (time.monotonic() - acknowledged) * 1000


async def _until(so: Callable[[], Awaitable[int]]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not await so():
            await asyncio.sleep(LOOK_S)


def percentile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
