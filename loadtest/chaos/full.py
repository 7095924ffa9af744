"""C5, C6: no room on the disk, no room in memory."""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
from redis.exceptions import RedisError

from heimta.model.restore import RestoreRow
from heimta.rules.tokens import make_restore
from heimta.store import restore
from heimta.store.keys import partition_of
from loadtest.chaos import check
from loadtest.chaos.browser import Answer, Browser, now_ms
from loadtest.chaos.store import Store
from loadtest.chaos.visits import Visit
from loadtest.chaos.world import PARTITIONS, Outcome, World, start_store_again, world

ROOM = 400 * 1024  # bytes left when the fault begins: gone in a second or two
FULL_S = 15.0  # until the disk must be full
DISK = 64 * 1024 * 1024
SIGNING = "s" * 43
SILENCE_S = 8.0  # carts are abandoned while there is no memory: not before, on a slow machine either
DUE = 20


async def c5(seed: int, *, seconds: float, rate: float) -> Outcome:
    """The disk is full under the append-only file, then has room again.

    With `always` the server ends at the first write that fails and is started again, in vain, until there is
    room; with `everysec` it stays up and refuses to write. Two kinds of full disk: a small file system, which
    takes the right to mount one, and a limit on the size of a file, which anyone may set.
    """
    turn = seed // 2
    fsync = ("everysec", "always")[turn % 2]
    outcome = Outcome("C5")
    with small_disk() if turn // 2 % 2 == 0 else no_disk() as disk:
        async with world(
            seed,
            ["c5"],
            seconds=seconds,
            rate=rate,
            workers=1,
            store_config={"appendfsync": fsync},
            store_folder=disk,
        ) as made:
            load = made.load("c5")
            await load.start()
            load.phase("full")
            fill(made.store, disk)
            again = asyncio.create_task(start_store_again(made.store))
            await until_full(made, outcome)
            await asyncio.sleep(seconds)
            make_room(made.store, disk)
            if not made.store.is_alive():
                again.cancel()
                await asyncio.gather(again, return_exceptions=True)
                await made.store.start()
            await made.settle(outcome, "c5", load)
            again.cancel()
            await asyncio.gather(again, return_exceptions=True)
    answers = outcome.summary.phases["full"].answers
    outcome.must("503" in answers, f"nobody was asked to come back: {answers}")
    outcome.notes.append(f"{fsync}, {'a small disk' if disk else 'a limit on files'}")
    return outcome


@contextmanager
def small_disk() -> Iterator[Path | None]:
    """A file system of our own, or None where mounting is not allowed."""
    with tempfile.TemporaryDirectory(prefix="hd") as name:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "chaos", name]
        if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
            yield None
            return
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", name], check=True)


@contextmanager
def no_disk() -> Iterator[None]:
    yield None


def fill(store: Store, disk: Path | None) -> None:
    """ROOM is left from now on."""
    if disk is not None:
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        with (disk / "ballast").open("wb") as ballast:
            os.posix_fallocate(ballast.fileno(), 0, free - ROOM)
        return
    largest = max(file.stat().st_size for file in store.folder.rglob("*") if file.is_file())
    store.file_limit = largest + ROOM
    if store.is_alive():
        resource.prlimit(store.pid, resource.RLIMIT_FSIZE, (store.file_limit, resource.RLIM_INFINITY))


def make_room(store: Store, disk: Path | None) -> None:
    if disk is not None:
        (disk / "ballast").unlink()
    store.make_room()


async def until_full(made: World, outcome: Outcome) -> None:
    """Until a write has failed: the server ended, or says so."""
    began, first = time.monotonic(), made.store.pid
    while time.monotonic() - began < FULL_S:
        if not made.store.is_alive() or made.store.pid != first:
            return
        try:
            told = await made.redis.info("persistence")
        except RedisError:
            return  # it ended while it was asked
        if told["aof_last_write_status"] != "ok":
            return
        await asyncio.sleep(0.05)
    outcome.broken.append(f"the disk was not full after {FULL_S:.0f} s: nothing was shown")


async def c6(world: World) -> Outcome:
    """Redis has no memory left: it reads and deletes, and takes nothing new."""
    outcome = Outcome("C6")
    await world.open_shop("c6-looks")
    await world.open_shop("c6-due", silence_min=SILENCE_S / 60)
    load = world.load("c6")
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as http:
        due = Browser(http, world.system.edges[0].url, "c6-due")
        dice = world.dice("C6")
        for _ in range(DUE):
            await due.leave_a_cart(dice, world.push.subscription())
        browser = Browser(http, world.system.edges[0].url, "c6-looks")
        visit = await browser.leave_a_cart(dice)
        claimed = await browser.claim(visit.visitor)
        token = await _restore_link(world, browser.shop, visit.visitor)
        await check.quiesce(world.redis, PARTITIONS)
        await load.start()
        await asyncio.sleep(1.0)
        before = len(world.push.receipts)
        load.phase("oom")
        await world.redis.config_set("maxmemory", "1mb")
        await _look(browser, visit, claimed, token, outcome)
        await asyncio.sleep(max(SILENCE_S, world.seconds / 2))
        outcome.must(len(world.push.receipts) == before, "something was sent that cannot be remembered")
        await world.redis.config_set("maxmemory", "0")
        load.phase("calm")
        await world.settle(outcome, "c6", load)
    await _all_sent(world, outcome, before)
    answers = outcome.summary.phases["oom"].answers
    outcome.must("503" in answers, f"nobody was asked to come back: {answers}")
    return outcome


async def _look(browser: Browser, visit: Visit, claimed: Answer, token: str, outcome: Outcome) -> None:
    """What must be answered without memory, and what may ask to come back."""
    code = claimed.body.partition(b'"code":"')[2].partition(b'"')[0].decode()
    reads = {
        "the snippet": await browser.get(f"/s/{browser.shop}.js"),
        "a restore link": await browser.get(f"/r/{token}"),
        "a coupon check": await browser.get(f"/hooks/{browser.shop}/coupon/{code}", signed=code),
        "a known coupon": await browser.claim(visit.visitor),
    }
    for what, answer in reads.items():
        outcome.must(answer.status in (200, 302), f"{what} was answered {answer} without memory")
    answer = await browser.order(visit)
    outcome.must(answer.is_ok, f"an order was answered {answer} without memory")
    answer = await browser.post("", visit.no_more(now_ms()))
    outcome.must(answer.is_ok or answer.is_later, f"a withdrawal was answered {answer} without memory")


async def _all_sent(world: World, outcome: Outcome, before: int) -> None:
    """Each step that came due meanwhile is taken, once."""
    until = time.monotonic() + 20
    while len(world.push.receipts) - before < DUE and time.monotonic() < until:
        await asyncio.sleep(0.1)
    times = Counter(topic for _, topic in world.push.receipts[before:])
    outcome.must(len(times) == DUE, f"{len(times)} of {DUE} due steps were taken")
    outcome.found.twice += sum(count - 1 for count in times.values())


async def _restore_link(world: World, shop: str, visitor: str) -> str:
    home = partition_of(shop, visitor, PARTITIONS)
    row = RestoreRow(visitor=visitor, lines=[("hat-1", 1)])
    await restore.keep(world.redis, shop, home, "row", row)
    return make_restore(SIGNING, shop, home, "row")
