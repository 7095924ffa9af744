"""Counted once, through the real fold and the real store: `python -m loadtest.replay` (chaos test C11).

The stories of thousands of visitors (stories.py) are told twice to an empty store of its own: once in order,
and once with copies, parted batches, re-sent outboxes and everything of a day shuffled. After each day the
timers fire. States, counters, sums of the lift, outbox and due set must be the same, byte for byte.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter
from typing import TypeVar, cast

import msgspec

from heimta.ingest.batch import read_batch
from heimta.launch.valkey import embedded
from heimta.model.visitor import VisitorState
from heimta.store import keys
from heimta.store.connect import Client, connect
from heimta.store.log import Log
from heimta.store.partition import LostLease, PartitionStore
from heimta.worker.effects import Redeemed
from heimta.worker.owner import Owner
from loadtest.stories import BEGIN, DAY, HOUR, Phases, Story, Told, again, once, tell
from loadtest.stories_shop import CONTEXT, SHOP_ID
from loadtest.verdict import Verdict, conclude

EVENTS = 100_000
PARTITIONS = 4
GROUP = 200  # entries a call
DAYS = 3
# Of all stories: no visitor's facts may move to the other side of a look at the timers.
CLOSES = [BEGIN + day * DAY + hour * HOUR for day in range(12) for hour in (9, 24)]

K = TypeVar("K")
V = TypeVar("V")

_decode = msgspec.msgpack.Decoder(VisitorState).decode


@dataclass
class Store:
    """All that a run left behind, by key. told: entries. events: those in them, copies counted."""

    told: int = 0
    events: int = 0
    states: dict[bytes, bytes] = field(default_factory=dict)
    counters: dict[tuple[bytes, bytes], bytes] = field(default_factory=dict)
    other: dict[bytes, object] = field(default_factory=dict)


def make_up(seed: int, events: int) -> list[Story]:
    """Stories with that many events at least."""
    stories: list[Story] = []
    count, number = 0, 0
    chance = Random(seed)
    while count < events:
        tokens = [f"{SHOP_ID}.{_visitor(seed, max(0, number - back))}" for back in (1, 7)]
        story = tell(
            chance, _visitor(seed, number), days=DAYS, loads=8, tokens=tokens, closes=CLOSES, retold=False
        )
        count += sum(len(batch) for batch, _ in story.batches)
        stories.append(story)
        number += 1
    return stories


def _visitor(seed: int, number: int) -> str:
    return f"visitor-{seed:05d}-{number:08d}"[:22].ljust(22, "-")


def merge(chance: Random | None, told: list[Phases]) -> Phases:
    """All visitors' phases as one; in the order received, or shuffled by `chance`."""
    merged: Phases = []
    for number, close in enumerate(CLOSES):
        entries = [one for phases in told for one in phases[number][1]]
        if chance is None:
            entries.sort(key=lambda one: one.received)
        else:
            chance.shuffle(entries)
        merged.append((close, entries))
    return merged


async def run(redis: Client, phases: Phases) -> Store:
    """Append, fold, carry facts and fire, day by day, and read what it led to. Empties the store first."""
    await redis.flushall()
    log, done = Log(redis), Store()
    owners = [_owner(redis, partition) for partition in range(PARTITIONS)]
    for owner in owners:
        await owner.take_over()
    for close, entries in phases:
        done.told += len(entries)
        done.events += sum(len(read_batch(one.data).ev) for one in entries if one.kind == "batch")
        await _append(log, entries)
        while await _fold(owners) or await _carry(owners, log, close):
            pass
        for owner in owners:
            await owner.take_over()
            while await owner.fire_due(now=close):
                pass
    await _read(redis, done)
    return done


def _owner(redis: Client, partition: int) -> Owner:
    async def owners(tokens: set[tuple[str, str]]) -> dict[str, str]:
        return {token: token.partition(".")[2] for _, token in tokens}

    async def redeem(used: list[Redeemed]) -> None:
        return None

    async def refresh() -> None:
        return None

    store = PartitionStore(redis, partition, "replay")
    return Owner(store, {SHOP_ID: CONTEXT}, owners=owners, redeem=redeem, refresh=refresh)


async def _append(log: Log, entries: list[Told]) -> None:
    for begin in range(0, len(entries), GROUP):
        placed = [_placed(one) for one in entries[begin : begin + GROUP]]
        await log.append(placed)


def _placed(one: Told) -> Told:
    told = msgspec.json.decode(one.data)
    visitor = told["order"]["visitor"] if one.kind == "order" else told["vid"]
    home = keys.partition_of(one.shop, visitor, PARTITIONS)
    return Told(one.kind, one.received, one.data, one.agent, one.shop, home)


async def _fold(owners: list[Owner]) -> int:
    """Their leases may run out meanwhile: nobody else wants them, however busy the machine is."""
    count = 0
    for owner in owners:
        try:
            count += await owner.fold()
        except LostLease:
            count += await owner.take_over()
    return count


async def _carry(owners: list[Owner], log: Log, now: int) -> int:
    count = 0
    for owner in owners:
        while rows := await owner.relays():
            await _append(log, [Told("relay", now, row[b"d"]) for _, row in rows])
            await owner.relayed([name for name, _ in rows])
            count += len(rows)
    return count


async def _read(redis: Client, done: Store) -> None:
    for partition in range(PARTITIONS):
        tag = keys.tag(partition)
        async for key in redis.scan_iter(match=f"{tag}:*", count=1000):
            if key.startswith(f"{tag}:v:{SHOP_ID}:.".encode()):
                # Of a hub, who is in it now: what it heard while one was in it hangs on when that one left.
                if members := _decode(cast(bytes, await redis.get(key))).members:
                    done.states[key] = msgspec.json.encode(members, order="sorted")
            elif key.startswith(f"{tag}:v:".encode()):
                done.states[key] = cast(bytes, await redis.get(key))
            elif key.startswith((f"{tag}:roll:".encode(), f"{tag}:lift:".encode())):
                rows = cast("dict[bytes, bytes]", await redis.hgetall(key))
                # A counter that went up and down again is no other than one that never was.
                done.counters |= {(key, name): by for name, by in rows.items() if float(by)}
            elif key == keys.outbox(partition).encode():
                done.other[key] = await redis.hgetall(key)
            elif key == keys.due(partition).encode():
                done.other[key] = await redis.zrange(key, 0, -1, withscores=True)


def differences(one: dict[K, V], two: dict[K, V]) -> list[K]:
    """The keys under which the two do not hold the same."""
    return [key for key in one.keys() | two.keys() if one.get(key) != two.get(key)]


async def prove(url: str, *, seed: int, events: int) -> list[Verdict]:
    """Tell `events` events both ways. Prints what differs."""
    stories = make_up(seed, events)
    chance = Random(seed + 1)
    redis = connect(url, timeout_s=60.0)
    try:
        began = perf_counter()
        ordered = await run(redis, merge(None, [once(story) for story in stories]))
        halfway = perf_counter()
        shuffled = await run(redis, merge(chance, [again(chance, story, copies=1) for story in stories]))
        took = halfway - began, perf_counter() - halfway
    finally:
        await redis.aclose()
    for name, done, seconds in (("in order", ordered, took[0]), ("copies, shuffled", shuffled, took[1])):
        print(f"{name}: {done.told:,} entries, {done.events:,} events, {seconds:.1f} s")
    print(f"{len(stories):,} visitors, {len(ordered.states):,} states, {len(ordered.counters):,} counters")
    states = differences(ordered.states, shuffled.states)
    states += differences(ordered.other, shuffled.other)
    counters = differences(ordered.counters, shuffled.counters)
    for key in [*states[:5], *counters[:5]]:
        print(f"differs: {key!r}")
    return [
        Verdict("replay-events", ordered.events, ">=", events),
        Verdict("replay-copies-per-event", shuffled.events / ordered.events, ">=", 3),
        Verdict("replay-states-different", len(states), "<=", 0),
        Verdict("replay-counters-different", len(counters), "<=", 0),
    ]


def main() -> int:
    """The command. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Copies, late and shuffled batches lead to the same bytes.")
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hr") as folder, embedded(Path(folder)) as url:
        return conclude(asyncio.run(prove(url, seed=chosen.seed, events=chosen.events)))


if __name__ == "__main__":
    sys.exit(main())
