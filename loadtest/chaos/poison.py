"""C15: entries that raise, kill or hang whoever folds them, among honest ones."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import aiohttp

from heimta.store import keys
from heimta.store.partition import RawEntry
from loadtest.chaos.browser import Browser
from loadtest.chaos.neighbours import Watch, owned_with, until_shared
from loadtest.chaos.odd import Oddity
from loadtest.chaos.system import Process
from loadtest.chaos.visits import make_id
from loadtest.chaos.world import PARTITIONS, Outcome, World

# A bug that raises is found by halves within one step; what ends the process costs a life, then children.
TRIES = {"raise": 11, "kill": 5, "hang": 5}
LIVES = {"raise": 0, "kill": 1, "hang": 1}
# A hang is noticed after 10 s, and then three times more in a child.
# What is waited for goes on meanwhile, and a busy machine may take long to be level with it. How long others
# noticed anything is measured apart (Watch), and has bars.
PATIENCE_S = 90.0
WARM_S = 1.5  # what is slow at first, for everyone, is not measured
AFTER_S = 1.0  # what came while the partitions stood still is folded


@dataclass
class Sick:
    """Workers that have the bug, the visitors who meet it, and who watches the others meanwhile."""

    world: World
    outcome: Outcome
    workers: list[Process]
    poison: dict[str, str]  # visitor -> how
    touched: Path
    shop: str
    watch: Watch


async def c15(world: World, hows: Sequence[str] = ("raise", "kill"), shop: str = "c15") -> Outcome:
    """Poisonous entries, one after the other; each ends as a dead letter, and everyone else's is folded."""
    outcome, dice = Outcome("C15"), world.dice(shop)
    poison = {make_id(dice, 16): how for how in hows}
    touched = world.folder / f"touched-{shop}"
    healthy = list(world.system.workers)
    for worker in healthy:
        await worker.end()
    world.system.workers.clear()
    oddity = Oddity("worker", poison=poison, touched=str(touched))
    workers = [world.system.add("worker", oddity.command()) for _ in healthy]
    for name in (shop, f"{shop}-bad", f"{shop}-near"):
        await world.open_shop(name)
    load, watch = world.load(shop), Watch(world, f"{shop}-near")
    sick = Sick(world, outcome, workers, poison, touched, shop, watch)
    try:
        began = time.monotonic()
        for worker in workers:
            worker.start()
        for worker in workers:
            await worker.wait_until_ready("/healthz")
        outcome.start_s = time.monotonic() - began
        await until_shared(world, len(workers))
        await load.start()
        watch.start()
        await asyncio.sleep(WARM_S)
        for visitor in poison:
            await asyncio.sleep(world.seconds)
            await _poison(sick, visitor)
        await watch.stop()
        if watch.refused:
            outcome.notes.append(f"{watch.refused} neighbours were asked to come back")
        await world.settle(outcome, shop, load)
    finally:
        await load.stop()
        for worker in workers:
            await worker.end()
        world.system.workers[:] = healthy
        for worker in healthy:
            worker.start()
    return outcome


async def _poison(sick: Sick, visitor: str) -> None:
    """One entry, from the calm before it until all is well; and what the others noticed of it."""
    world, outcome, how = sick.world, sick.outcome, sick.poison[visitor]
    shop = f"{sick.shop}-bad"
    home = keys.partition_of(shop, visitor, PARTITIONS)
    hit = await owned_with(world, home) if LIVES[how] else set[int]()
    dead, lives = await _dead(world), [worker.starts for worker in sick.workers]
    began = time.monotonic()
    async with aiohttp.ClientSession() as http:
        await Browser(http, world.system.edges[0].url, shop).poison(world.dice(visitor), visitor)
    while await _dead(world) == dead and time.monotonic() - began < PATIENCE_S:
        await asyncio.sleep(0.02)
    buried_s = time.monotonic() - began
    await world.fold(outcome, PATIENCE_S)
    await asyncio.sleep(AFTER_S)
    everywhere = set(range(PARTITIONS))
    near = sick.watch.between(began, time.monotonic(), everywhere - hit)
    own = sick.watch.between(began, time.monotonic(), hit)
    outcome.must(bool(near), f"{how}: nobody was a neighbour, so nothing was shown")
    outcome.calm += sick.watch.between(began - world.seconds, began, everywhere)
    outcome.near += near
    outcome.notes.append(
        f"{how}: buried after {buried_s:.1f} s, a neighbour waited {max(near, default=0):.2f} s"
    )
    if how == "kill":
        outcome.back_s = max(own)
    if own:
        outcome.notes.append(f"on the same worker {max(own):.1f} s")
    buried, begun = await _dead(world) - dead, Counter(sick.touched.read_bytes().decode())[how[0]]
    ended = sum(worker.starts for worker in sick.workers) - sum(lives)
    outcome.must(buried.total() == 1, f"{buried.total()} dead letters: {dict(buried)}, of 1 poisonous entry")
    outcome.must(0 < begun <= TRIES[how], f"{how}: it was begun {begun} times; at most {TRIES[how]}")
    outcome.must(ended == LIVES[how], f"{how}: {ended} workers ended of it, not {LIVES[how]}")


async def _dead(world: World) -> Counter[str]:
    """Dead letters by shop and reason."""
    found: Counter[str] = Counter()
    for partition in range(PARTITIONS):
        rows = cast("list[RawEntry]", await world.redis.xrange(keys.dead(partition)))
        for _, fields in rows:
            found[" ".join(value.decode(errors="replace")[:60] for value in fields.values())] += 1
    return found
