"""Workers as processes that are killed, stuck or paused: what is left of them, and who takes over.

Leases are a second long here (tests/worker/hostile_worker.py), ten in the product.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from heimta.channels.vapid import make_keys
from heimta.ingest.entry import Entry
from heimta.store import dead, documents, keys, secrets
from heimta.store.connect import Client
from heimta.store.log import Log
from heimta.store.secrets import Secrets
from tests.worker.hostile_worker import BAD, PARTITIONS
from tests.worker.shop import SHOP, batch

ROOT = Path(__file__).parents[2]
LIMIT_S = 120.0  # generous: each wait ends as soon as what it waits for is so
VAPID = make_keys("mailto:me@example.com")


@pytest.fixture
async def shop(redis: Client) -> Client:
    await secrets.create(redis, "demo", Secrets("hook", "s" * 43, VAPID.private, VAPID.public))
    await documents.put(redis, SHOP, now=1)
    return redis


class Life:
    """One worker process, and the next one when a supervisor would start it."""

    def __init__(self, url: str, how: str) -> None:
        self._args = [sys.executable, "-m", "tests.worker.hostile_worker", url, how]
        self.starts = 0
        self.start()

    def start(self) -> None:
        self.starts += 1
        path = f"{ROOT / 'server'}:{ROOT}"
        self.process = subprocess.Popen(
            self._args,
            cwd=ROOT,
            env={"PYTHONPATH": path},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def tend(self) -> None:
        if self.process.poll() is not None:
            self.start()

    def signal(self, which: signal.Signals) -> None:
        self.process.send_signal(which)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@asynccontextmanager
async def life(url: str, how: str = "none") -> AsyncIterator[Life]:
    one = Life(url, how)
    try:
        yield one
    finally:
        one.end()


async def until(what: Callable[[], Awaitable[bool]], *lives: Life) -> float:
    """Wait until it is so, starting again what ended. Returns how long that took, s."""
    began = time.monotonic()
    while not await what():
        for one in lives:
            one.tend()
        took = time.monotonic() - began
        assert took < LIMIT_S, "it never came to be"
        await asyncio.sleep(0.02)
    return time.monotonic() - began


async def view(redis: Client, visitor: str) -> None:
    now = time.time_ns() // 1_000_000
    home = keys.partition_of("demo", visitor, PARTITIONS)
    await Log(redis).append([Entry(home, "demo", "batch", now, batch(("page_viewed", now, {}), vid=visitor))])


async def is_folded(redis: Client, *visitors: str) -> bool:
    names = [keys.visitor(keys.partition_of("demo", v, PARTITIONS), "demo", v) for v in visitors]
    return None not in await asyncio.gather(*map(redis.get, names))


async def owners(redis: Client) -> dict[int, str]:
    """Whose lease each partition has, by the worker's token."""
    held = await asyncio.gather(*(redis.get(keys.lease(p)) for p in range(PARTITIONS)))
    return {p: raw.decode().partition(".")[2] for p, raw in enumerate(held) if raw is not None}


def strangers(count: int) -> list[str]:
    return [f"{number:022d}" for number in range(count)]


async def test_a_loop_that_is_stuck_ends_its_process_and_says_where_it_stood() -> None:
    stuck = "import asyncio, time\nfrom heimta.worker.watchdog import watch\n"
    stuck += "async def main():\n    task = asyncio.create_task(watch(0.3))\n    await asyncio.sleep(0.5)\n"
    stuck += "    print('alive', flush=True)\n    time.sleep(60)\nasyncio.run(main())"
    environ = {"PYTHONPATH": str(ROOT / "server")}
    ended = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", stuck],
        env=environ,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert ended.stdout == "alive\n"  # while it beats, nothing happens
    assert ended.returncode == 1 and "line 7 in main" in ended.stderr


@pytest.mark.slow
async def test_an_entry_that_kills_the_worker_is_passed_over_after_a_few_lives(
    shop: Client, store_url: str
) -> None:
    before, after = strangers(40)[:20], strangers(40)[20:]
    for visitor in [*before, BAD, *after]:
        await view(shop, visitor)
    async with life(store_url, "kill") as worker:

        async def is_over() -> bool:
            return await is_folded(shop, *before, *after)

        await until(is_over, worker)
        assert worker.starts <= 5
    [letter] = await dead.read(shop, PARTITIONS)
    assert (letter.dead.why, letter.dead.tries) == ("the worker died with it in hand", 3)
    assert msgspec.json.decode(letter.dead.data)["vid"] == BAD
    assert not await is_folded(shop, BAD)


@pytest.mark.slow
async def test_workers_share_the_partitions_and_the_other_takes_over_from_one_that_is_killed(
    shop: Client, store_url: str
) -> None:
    async with life(store_url) as one:

        async def all_owned() -> bool:
            return len(await owners(shop)) == PARTITIONS

        await until(all_owned)
        assert len(set((await owners(shop)).values())) == 1
        async with life(store_url) as two:

            async def is_shared() -> bool:
                held = list((await owners(shop)).values())
                return len(held) == PARTITIONS and sorted(map(held.count, set(held))) == [2, 2]

            await until(is_shared)
            one.end()
            for visitor in strangers(20):
                await view(shop, visitor)

            async def is_over() -> bool:
                return await is_folded(shop, *strangers(20))

            await until(is_over)
            assert len(set((await owners(shop)).values())) == 1
            assert two.starts == 1


@pytest.mark.slow
async def test_a_worker_paused_past_its_lease_writes_nothing_when_it_wakes(
    shop: Client, store_url: str
) -> None:
    async with life(store_url) as paused:

        async def all_owned() -> bool:
            return len(await owners(shop)) == PARTITIONS

        await until(all_owned)
        first = set((await owners(shop)).values())
        paused.signal(signal.SIGSTOP)
        for visitor in strangers(20):
            await view(shop, visitor)
        async with life(store_url):

            async def is_over() -> bool:
                return await is_folded(shop, *strangers(20))

            await until(is_over)
            assert set((await owners(shop)).values()).isdisjoint(first)
            sums = [await shop.hgetall(key) for key in await shop.keys("*:roll:*")]
            last_words = await shop.zmscore(keys.WORKERS, list(first))

            async def is_awake() -> bool:
                """It says again that it lives; or it has ended, having stood still for too long."""
                words = await shop.zmscore(keys.WORKERS, list(first))
                return paused.process.poll() is not None or words not in (last_words, [None])

            paused.signal(signal.SIGCONT)
            await until(is_awake)
            assert [await shop.hgetall(key) for key in await shop.keys("*:roll:*")] == sums
