"""C1, C2, C16: processes that end, by force or because they are asked to, under load."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Sequence

from loadtest.chaos.system import Process
from loadtest.chaos.world import Outcome, World


async def c1(world: World) -> Outcome:
    """kill -9 of an edge, again and again, at random moments; they are started again."""
    outcome, dice = Outcome("C1"), world.dice("C1")
    load = world.load("c1")
    await load.start()
    until, kills = time.monotonic() + world.seconds, 0
    while time.monotonic() < until:
        await asyncio.sleep(min(world.seconds / 4, dice.uniform(2, 5)))
        dice.choice(world.system.edges).kill()
        kills += 1
    for edge in world.system.edges:  # the fault is over once both are there again
        await edge.wait_until_ready()
    await world.settle(outcome, "c1", load)
    outcome.notes.append(f"{kills} kills")
    return outcome


async def c2(world: World) -> Outcome:
    """kill -9 of Redis, again and again, and of an edge that then starts without it; started again."""
    outcome, dice = Outcome("C2"), world.dice("C2")
    load = world.load("c2")
    await load.start()
    until, kills = time.monotonic() + world.seconds, 0
    while time.monotonic() < until:
        await asyncio.sleep(dice.uniform(0.3, 1.2))
        world.store.kill()
        kills += 1
        if dice.random() < 0.4:
            dice.choice(world.system.edges).kill()
            await asyncio.sleep(1.0)  # long enough for it to be there before Redis is
        await asyncio.sleep(dice.uniform(0.05, 0.5))
        await world.store.start()
    for edge in world.system.edges:
        await edge.wait_until_ready()
    await world.settle(outcome, "c2", load)
    outcome.notes.append(f"{kills} kills")
    return outcome


async def c16_of_each(world: World) -> Outcome:
    """SIGTERM to one edge, then to one worker."""
    return await c16(world, [world.system.edges[0], world.system.workers[0]])


async def c16(world: World, processes: Sequence[Process], shop: str = "c16") -> Outcome:
    """SIGTERM to one after the other, as an upgrade does."""
    outcome = Outcome("C16")
    load = world.load(shop)
    await load.start()
    share = world.seconds / (2 * len(processes))
    for process in processes:
        await asyncio.sleep(share)
        await _restart(process, outcome)
    await world.settle(outcome, shop, load)
    return outcome


async def _restart(process: Process, outcome: Outcome) -> None:
    took, code = await process.end()
    outcome.exit_s = max(outcome.exit_s, round(took, 2))
    # A server that ends by the signal it was sent, after all its work, ended as asked.
    outcome.must(code in (0, -signal.SIGTERM), f"{process.name} ended with {code}: {process.last_words()}")
    process.start()
    await process.wait_until_ready("/healthz")
