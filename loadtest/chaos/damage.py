"""C18: the append-only file is damaged while everything is down: cut off at its end, or with a bit turned.

Valkey starts with what it can trust, or refuses and says so; what it must not do is start and let Heimta
answer 500, count twice or hang. What the damage took is gone: that is what a backup is for, and the last
one is restored in the end.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import time
from pathlib import Path

import aiohttp

from loadtest.chaos import check, journal
from loadtest.chaos.browser import Browser
from loadtest.chaos.store import StoreEnded
from loadtest.chaos.world import PARTITIONS, Outcome, World, world

SHOPS = ["c18", "c18-after", "c18-back"]
SENT = 5
SILENCE_S = 0.5
PATIENCE_S = 20.0
COMMAND_S = 120.0


async def c18(seed: int, *, rate: float) -> Outcome:
    """A tail cut off or a bit turned, by turns; everything starts again; then the last backup comes back."""
    outcome = Outcome("C18")
    async with world(seed, SHOPS, seconds=0, rate=rate, edges=1, workers=1) as made:
        await _send_some(made)
        load = made.load("c18")
        await load.start()
        await asyncio.sleep(1.0)
        await made.settle(outcome, "c18", load)
        backup = made.folder / "last.backup"
        await _run(made, "backup", str(backup))
        made.store.stop()
        what = _damage(made)
        try:
            await made.store.start()
        except StoreEnded as ended:
            outcome.notes.append(f"{what}: refused")
            # An operator reads what happened and how to go on.
            outcome.must("aof" in str(ended).lower(), f"it refused without saying why: {ended}")
        else:
            await _go_on(made, "c18-after", outcome)
            left = await _left(made)
            outcome.found.twice += left.twice
            outcome.notes.append(f"{what}: started, {left.lost} of {left.acked} were gone")
        await _restore(made, backup, outcome)
    return outcome


async def _send_some(made: World) -> None:
    """Messages that were sent before the backup, and must not be sent again after it."""
    await made.open_shop("c18-due", silence_min=SILENCE_S / 60)
    dice = made.dice("C18 due")
    async with aiohttp.ClientSession() as http:
        browser = Browser(http, made.system.edges[0].url, "c18-due")
        for _ in range(SENT):
            await browser.leave_a_cart(dice, made.push.subscription())
    until = time.monotonic() + PATIENCE_S
    while len(made.push.receipts) < SENT and time.monotonic() < until:
        await asyncio.sleep(0.05)


async def _restore(made: World, backup: Path, outcome: Outcome) -> None:
    """Into an empty store, everything stopped: what was acknowledged before the backup is all there."""
    for process in made.system.all:
        await process.end()
    made.store.stop()
    shutil.rmtree(made.store.folder / "appendonlydir")
    await made.store.start()
    began = time.monotonic()
    await _run(made, "restore", str(backup))
    outcome.notes.append(f"restored in {time.monotonic() - began:.1f} s")
    for process in made.system.all:
        process.start()
    await made.system.edges[0].wait_until_ready()
    await _go_on(made, "c18-back", outcome)
    left = await _left(made)
    outcome.found.lost += left.lost
    outcome.found.twice += left.twice
    sent = len(made.push.receipts)
    outcome.must(sent == SENT, f"{sent} messages were sent, with a restore in between, not {SENT}")


async def _go_on(made: World, shop: str, outcome: Outcome) -> None:
    """New events are taken as before."""
    load, after = made.load(shop), Outcome("C18")
    await load.start()
    await made.settle(after, shop, load)
    outcome.broken += after.broken
    outcome.found.acked += after.found.acked
    outcome.found.lost += after.found.lost
    outcome.found.twice += after.found.twice
    outcome.found.details += after.found.details
    outcome.summary.recovery_s = max(outcome.summary.recovery_s, after.summary.recovery_s)
    outcome.folded_s = max(outcome.folded_s, after.folded_s)


async def _left(made: World) -> check.Found:
    told = journal.read(made.folder / "c18.journal")
    return await check.check(made.redis, "c18", told, PARTITIONS)


async def _run(made: World, *command: str) -> None:
    """One `heimta` command beside the running processes. Raises CalledProcessError with its words."""
    environ = {**made.system.environ, "HEIMTA_REDIS_URL": made.store.url}
    await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "heimta", *command],
        env=environ,
        check=True,
        timeout=COMMAND_S,
        stdout=subprocess.DEVNULL,
    )


def _damage(made: World) -> str:
    dice = made.dice("C18")
    file = max(made.store.folder.rglob("*.incr.aof"), key=lambda found: found.stat().st_size)
    size = file.stat().st_size
    if made.seed // 2 % 2 == 0:
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
