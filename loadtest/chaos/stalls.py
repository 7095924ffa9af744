"""C3, C4, C7, C8: Redis is there, and stopped, cut off, in a mood, or slow."""

from __future__ import annotations

import asyncio
import time

from loadtest.chaos.moods import MOODS, MoodyRedis
from loadtest.chaos.proxy import HEALTHY, Toxics
from loadtest.chaos.world import Outcome, World

STOPPED = "stopped"
MEMORY_KB = 32 * 1024  # an edge may keep this much of what a stall made it hold
FILES = 16  # open files more than before: the pool of connections may have grown a little
BACK_S = 30.0
MOOD_S = 0.4  # long enough for every shopper to try


async def c3(world: World, stops_s: tuple[float, ...] = (0.5, 2.5), shop: str = "c3") -> Outcome:
    """SIGSTOP of Redis. The edge says so within its deadline, and nothing piles up."""
    outcome = Outcome("C3")
    load = world.load(shop)
    await load.start()
    await asyncio.sleep(0.5)
    before = [(edge.memory_kb(), edge.open_files()) for edge in world.system.edges]
    for stop_s in stops_s:
        load.phase(STOPPED)
        world.store.pause()
        await asyncio.sleep(stop_s)
        world.store.go_on()
        load.phase("calm")
        await asyncio.sleep(0.5)
    await world.settle(outcome, shop, load)
    await _back_to(before, world, outcome)
    stopped = outcome.summary.phases[STOPPED]
    outcome.must(stopped.answers.get("503", 0) > 0, "nobody was asked to come back: nothing was shown")
    outcome.notes.append(
        f"while stopped p99 {1000 * stopped.p99:.0f} ms, worst {1000 * stopped.worst:.0f} ms"
    )
    return outcome


async def _back_to(before: list[tuple[int, int]], world: World, outcome: Outcome) -> None:
    """Memory and open files come back to what they were, soon."""
    left = "?"
    for _ in range(int(BACK_S / 0.25)):
        now = [(edge.memory_kb(), edge.open_files()) for edge in world.system.edges]
        grown = [(m - m0, f - f0) for (m, f), (m0, f0) in zip(now, before, strict=True)]
        left = ", ".join(f"{m} kB and {f} files" for m, f in grown)
        if all(m <= MEMORY_KB and f <= FILES for m, f in grown):
            return
        await asyncio.sleep(0.25)
    outcome.broken.append(f"edges keep {left} more than before")


async def c4(world: World) -> Outcome:
    """Redis has done what it was asked, and the answer never comes: the retry must change nothing."""
    outcome = Outcome("C4")
    load = world.load("c4")
    await load.start()
    before = world.proxy.cuts
    for toxics in (Toxics(cut=0.2), Toxics(half=0.2), Toxics(cut=0.05, half=0.05)):
        world.proxy.toxics = toxics
        await asyncio.sleep(world.seconds / 3)
    world.proxy.toxics = HEALTHY
    await world.settle(outcome, "c4", load)
    outcome.notes.append(f"{world.proxy.cuts - before} replies cut")
    outcome.must(outcome.found.copies > 0, "no retry met an event that was stored: nothing was shown")
    return outcome


async def c7(world: World) -> Outcome:
    """Every mood: scripted errors, garbage, silence, refusal."""
    outcome = Outcome("C7")
    moody = MoodyRedis(world.folder / "m")
    await moody.start()
    load = world.load("c7")
    await load.start()
    try:
        for mood in [*MOODS, "refused"]:
            load.phase(mood)
            moody.mood, asked = mood, moody.asked
            if mood == "refused":
                await world.proxy.refuse()
            else:
                world.proxy.lead_to(moody.path)
            await asyncio.sleep(max(MOOD_S, world.seconds / len(MOODS)))
            until = time.monotonic() + BACK_S
            while mood != "refused" and moody.asked == asked and time.monotonic() < until:
                await asyncio.sleep(0.05)
            outcome.must(mood == "refused" or moody.asked > asked, f"nobody asked Redis while {mood}")
        await world.proxy.start()
        world.proxy.lead_to(world.store.socket)
        await world.settle(outcome, "c7", load)
    finally:
        await moody.stop()
    for mood in [*MOODS, "refused"]:
        answers = outcome.summary.phases[mood].answers if mood in outcome.summary.phases else {}
        outcome.must("503" in answers, f"no 503 while {mood}, but {answers}")
    return outcome


async def c8(world: World) -> Outcome:
    """A slow and leaky way to Redis: 50 ms give or take 50, 64 kB/s, one reply in a hundred reset."""
    outcome = Outcome("C8")
    load = world.load("c8")
    await load.start()
    slow = Toxics(latency_s=0.05, jitter_s=0.05, bytes_per_s=64 * 1024, half=0.01)
    load.phase("slow")
    world.proxy.toxics = slow
    await asyncio.sleep(world.seconds)
    world.proxy.toxics = HEALTHY
    load.phase("calm")
    await world.settle(outcome, "c8", load)
    worst = outcome.summary.phases["slow"]
    outcome.notes.append(f"p99 {1000 * worst.p99:.0f} ms while slow")
    return outcome
