"""C15: entries that raise, kill or hang whoever folds them, among honest ones."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import cast

import aiohttp

from heimta.store import keys
from heimta.store.partition import RawEntry
from loadtest.chaos.browser import Browser
from loadtest.chaos.odd import Oddity
from loadtest.chaos.visits import make_id
from loadtest.chaos.world import PARTITIONS, Outcome, World

# A bug that raises is found by halves within one step; what ends the process costs a life each time.
TRIES = {"raise": 11, "kill": 5, "hang": 5}
# A worker that was killed holds its leases for another 10 s; a hang is noticed after about as long.
PATIENCE_S = {"raise": 20.0, "kill": 90.0, "hang": 150.0}


async def c15(world: World, how: str = "raise") -> Outcome:
    """One poisonous entry; it ends among the dead letters, and everyone else's is folded."""
    outcome, dice = Outcome("C15"), world.dice("C15")
    visitor, touched = make_id(dice, 16), world.folder / f"touched-{how}"
    healthy = list(world.system.workers)
    for worker in healthy:
        await worker.end()
    world.system.workers.clear()
    oddity = Oddity("worker", poison={visitor: how}, touched=str(touched))
    sick = [world.system.add("worker", oddity.command()) for _ in healthy]
    shop, load = f"c15-{how}", world.load(f"c15-{how}")
    for name in (shop, f"{shop}-bad"):
        await world.open_shop(name)
    dead = await _dead(world)
    try:
        for worker in sick:
            worker.start()
        for worker in sick:
            await worker.wait_until_ready("/healthz")
        await load.start()
        async with aiohttp.ClientSession() as http:
            await Browser(http, world.system.edges[0].url, f"{shop}-bad").poison(dice, visitor)
        began = time.monotonic()
        while await _dead(world) == dead and time.monotonic() - began < PATIENCE_S[how]:
            await asyncio.sleep(0.1)
        buried_s = time.monotonic() - began
        await world.settle(outcome, shop, load, patience_s=PATIENCE_S[how])
        outcome.notes.append(f"{how}: buried after {buried_s:.1f} s")
    finally:
        await load.stop()
        for worker in sick:
            await worker.end()
        world.system.workers[:] = healthy
        for worker in healthy:
            worker.start()
    buried = await _dead(world) - dead
    tries = Counter(touched.read_bytes().decode())
    outcome.must(buried.total() == 1, f"{buried.total()} dead letters: {dict(buried)}, of 1 poisonous entry")
    outcome.must(0 < tries[how[0]] <= TRIES[how], f"it was begun {tries[how[0]]} times; at most {TRIES[how]}")
    return outcome


async def _dead(world: World) -> Counter[str]:
    """Dead letters by shop and reason."""
    found: Counter[str] = Counter()
    for partition in range(PARTITIONS):
        rows = cast("list[RawEntry]", await world.redis.xrange(keys.dead(partition)))
        for _, fields in rows:
            found[" ".join(value.decode(errors="replace")[:60] for value in fields.values())] += 1
    return found
