"""C18: the append-only file is damaged while everything is down: cut off at its end, or with a bit turned.

Valkey starts with what it can trust, or refuses and says so; what it must not do is start and let Heimta
answer 500, count twice or hang. What the damage took is gone: that is what a backup is for.
"""

from __future__ import annotations

import asyncio

from loadtest.chaos import check, journal
from loadtest.chaos.store import StoreEnded
from loadtest.chaos.world import PARTITIONS, Outcome, World, world


async def c18(seed: int, *, rate: float) -> Outcome:
    """A tail cut off (even seeds) or a bit turned (odd ones), then everything starts again."""
    outcome = Outcome("C18")
    async with world(seed, ["c18", "c18-after"], seconds=0, rate=rate, edges=1, workers=1) as made:
        load = made.load("c18")
        await load.start()
        await asyncio.sleep(1.5)
        await made.settle(outcome, "c18", load)
        made.store.stop()
        what = _damage(made)
        try:
            await made.store.start()
        except StoreEnded as ended:
            outcome.notes.append(f"{what}: refused")
            _is_loud(str(ended), outcome)
            return outcome
        outcome.notes.append(f"{what}: started")
        await _goes_on(made, outcome)
    return outcome


def _damage(made: World) -> str:
    dice = made.dice("C18")
    file = max(made.store.folder.rglob("*.incr.aof"), key=lambda found: found.stat().st_size)
    size = file.stat().st_size
    if made.seed % 2 == 0:
        cut = dice.randint(1, min(size // 2, 4096))
        with file.open("r+b") as aof:
            aof.truncate(size - cut)
        return f"{cut} bytes cut off"
    at = dice.randrange(size)
    with file.open("r+b") as aof:
        aof.seek(at)
        byte = aof.read(1)[0] ^ (1 << dice.randrange(8))
        aof.seek(at)
        aof.write(bytes([byte]))
    return f"a bit turned at {at / size:.0%}"


def _is_loud(words: str, outcome: Outcome) -> None:
    """An operator reads what happened and how to go on."""
    outcome.must("aof" in words.lower(), f"it refused without saying why: {words}")


async def _goes_on(made: World, outcome: Outcome) -> None:
    """What is left counts once, and new events are taken as before."""
    load = made.load("c18-after")
    await load.start()
    await asyncio.sleep(1.0)
    after = Outcome("C18")
    await made.settle(after, "c18-after", load)
    outcome.broken += after.broken
    outcome.found.acked += after.found.acked
    outcome.found.lost += after.found.lost
    outcome.found.twice += after.found.twice
    outcome.summary.recovery_s = max(outcome.summary.recovery_s, after.summary.recovery_s)
    told = journal.read(made.folder / "c18.journal")
    left = await check.check(made.redis, "c18", told, PARTITIONS)
    outcome.found.twice += left.twice
    outcome.notes.append(f"the damage took {left.lost} of {left.acked}")
