"""What was acknowledged against what is there: the journal beside visitors' states and the shop's counters.

Lost: acknowledged and in no state, or in a state and missing from the counters. Twice: a counter beyond the
distinct events it stands for. An event that was stored and never acknowledged is neither, as long as it
counts once. Invented: in a state, and nobody sent it.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import orjson
from msgspec import Struct

from heimta.model.visitor import VisitorState
from heimta.store import keys, rollups
from heimta.store.connect import Client
from heimta.store.partition import PartitionStore
from loadtest.chaos.journal import Told
from loadtest.chaos.visits import ORDER_MINOR

QUIET_S = 30.0
_state = msgspec.msgpack.Decoder(VisitorState).decode


class Found(Struct):
    """Numbers of events and orders. stored: distinct ones in states. copies: in the log beyond those."""

    acked: int = 0
    stored: int = 0
    copies: int = 0
    lost: int = 0
    twice: int = 0
    invented: int = 0
    details: list[str] = []


async def quiesce(redis: Client, partitions: int, *, patience_s: float = QUIET_S) -> float:
    """Wait until the log is folded. Returns seconds; raises TimeoutError."""
    began = time.monotonic()
    while True:
        behind = [p for p in range(partitions) if not await _is_folded(redis, p)]
        if not behind:
            return time.monotonic() - began
        if time.monotonic() - began > patience_s:
            raise TimeoutError(f"partitions {behind} are not folded after {patience_s:.0f} s")
        await asyncio.sleep(0.05)


async def _is_folded(redis: Client, partition: int) -> bool:
    store = PartitionStore(redis, partition, "")
    return await store.last_id() == await store.checkpoint()


async def states(redis: Client, shop: str, visitors: set[str], partitions: int) -> dict[str, bytes]:
    """The raw states of those visitors who have one."""
    found: dict[str, bytes] = {}
    names = sorted(visitors)
    for first in range(0, len(names), 500):
        some = names[first : first + 500]
        async with redis.pipeline(transaction=False) as pipe:
            for name in some:
                pipe.get(keys.visitor(keys.partition_of(shop, name, partitions), shop, name))
            rows = await pipe.execute()
        found |= {name: row for name, row in zip(some, rows, strict=True) if row is not None}
    return found


async def counters(redis: Client, shop: str, partitions: int) -> Counter[str]:
    """All of a shop's counters of today and the days around it."""
    now = datetime.now(UTC)
    days = [(now + timedelta(days=i)).strftime("%Y%m%d") for i in (-2, -1, 0, 1, 2)]
    by_day = await rollups.counters(redis, shop, days, partitions)
    return sum(by_day.values(), Counter())


async def log(redis: Client, shop: str, partitions: int) -> AsyncIterator[tuple[bytes, Any]]:
    """(kind, what was told) of every entry of a shop."""
    for partition in range(partitions):
        store, at = PartitionStore(redis, partition, ""), "0"
        while rows := await store.read_log(at, 1000):
            at = rows[-1][0].decode()
            for _, fields in rows:
                if fields[b"s"].decode() == shop:
                    yield fields[b"k"], orjson.loads(fields[b"d"])


async def logged(redis: Client, shop: str, partitions: int) -> int:
    """Events and orders in the log, each copy counted."""
    count = 0
    async for kind, told in log(redis, shop, partitions):
        if kind in (b"batch", b"order"):
            count += len(told["ev"]) if kind == b"batch" else 1
    return count


async def check(redis: Client, shop: str, told: Told, partitions: int) -> Found:
    """Hold a journal against the store. Call it once the log is folded."""
    raw = await states(redis, shop, told.visitors, partitions)
    known = {visitor: _state(row) for visitor, row in raw.items()}
    stored, orders, expected = set(), set(), Counter[str]()
    for visitor, state in known.items():
        for key, seen in state.seen.items():
            src = key.rpartition(".")[2]  # <day>.<source>
            for first, beyond in zip(seen.edges[::2], seen.edges[1::2], strict=True):
                stored |= {(visitor, src, n) for n in range(first, beyond)}
        orders |= {(visitor, order) for order in state.orders}
        expected["visitors"] += bool(state.first_at)
        expected["sessions"] += len(state.sessions)
        expected["carts"] += sum(cart.counted for cart in state.carts.values())
    expected.update(told.names[event] for event in stored if event in told.names)
    expected["orders"] = len(orders)
    expected["orders_minor.EUR"] = len(orders)
    counted = await counters(redis, shop, partitions)
    counted["orders_minor.EUR"] //= ORDER_MINOR
    found = Found(
        acked=len(told.acked) + len(told.acked_orders),
        stored=len(stored) + len(orders),
        lost=len(told.acked - stored) + len(told.acked_orders - orders),
        invented=len(stored - told.names.keys()) + len(orders - told.orders.keys()),
    )
    for name, wanted in expected.items():
        difference = counted[name] - wanted
        if difference:
            found.details.append(f"{name} is {counted[name]}, of distinct ones {wanted}")
        found.twice += max(0, difference)
        found.lost += max(0, -difference)
    for event in sorted(told.acked - stored)[:3]:
        found.details.append(f"lost {event}")
    return found
