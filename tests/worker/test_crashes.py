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
from heimta.store.connect import Client, text
from heimta.store.log import Log
from heimta.store.secrets import Secrets
from tests.worker.hostile_worker import BAD, PARTITIONS
from tests.worker.shop import SHOP, batch

ROOT = Path(__file__).parents[2]
LEASE_MS = 1000
LIMIT_S = 120.0  # generous: each wait ends as soon as what it waits for is so
VAPID = make_keys("mailto:me@example.com")


@pytest.fixture
async def shop(redis: Client) -> Client:
    await secrets.create(redis, "demo", Secrets("hook", "s" * 43, VAPID.private, VAPID.public))
    await documents.put(redis, SHOP, now=1)
    return redis


class Life:
    """One worker process, and the next one when a supervisor would start it."""

    def __init__(self, url: str, how: str, folder: Path, lease_ms: int) -> None:
        self._args = [sys.executable, "-m", "tests.worker.hostile_worker", url, how, str(folder)]
        self._args.append(str(lease_ms))
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
async def life(url: str, folder: Path, how: str = "none", lease_ms: int = LEASE_MS) -> AsyncIterator[Life]:
    one = Life(url, how, folder, lease_ms)
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
    """Whose lease each partition has, by the worker's name."""
    return {p: told.partition(".")[2].partition("/")[0] for p, told in (await leases(redis)).items()}


async def leases(redis: Client) -> dict[int, str]:
    held = await asyncio.gather(*(redis.get(keys.lease(p)) for p in range(PARTITIONS)))
    return {p: text(raw) for p, raw in enumerate(held) if raw is not None}


def strangers(count: int) -> list[str]:
    return [f"{number:022d}" for number in range(count)]


async def test_a_loop_that_is_stuck_ends_its_process_and_says_where_it_stood() -> None:
    stuck = "import asyncio, time\nfrom heimta.operate.watchdog import watch\n"
    stuck += "async def main():\n    task = asyncio.create_task(watch(4.0))\n    await asyncio.sleep(5)\n"
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
@pytest.mark.parametrize("how", ["kill", "hang"])
async def test_an_entry_that_ends_its_worker_ends_one_life_of_it_and_no_other_worker(
    shop: Client, store_url: str, tmp_path: Path, how: str
) -> None:
    """The leases of the other are the very same afterwards, in the same terms: nothing was taken over. No
    lease ends in that time, so what was folded, was folded by the next life of the worker that died.
    """
    before, after, long = strangers(40)[:20], strangers(40)[20:], int(LIMIT_S * 1000)
    async with life(store_url, tmp_path, how, long) as one, life(store_url, tmp_path, how, long) as two:

        async def is_shared() -> bool:
            held = list((await owners(shop)).values())
            return len(held) == PARTITIONS and sorted(map(held.count, set(held))) == [2, 2]

        await until(is_shared)
        was = await leases(shop)
        for visitor in [*before, BAD, *after]:
            await view(shop, visitor)

        async def is_over() -> bool:
            return await is_folded(shop, *before, *after)

        await until(is_over, one, two)
        assert sorted([one.starts, two.starts]) == [1, 2]
        sick = was[keys.partition_of("demo", BAD, PARTITIONS)].partition(".")[2]
        now = await leases(shop)
        assert len(now) == PARTITIONS
        assert {p for p in was if now[p] != was[p]} == {p for p in was if was[p].endswith(sick)}
        assert (await owners(shop)) == {
            p: told.partition(".")[2].partition("/")[0] for p, told in was.items()
        }
    [letter] = await dead.read(shop, PARTITIONS)
    assert (letter.dead.why, letter.dead.tries) == ("the worker died with it in hand", 3)
    assert msgspec.json.decode(letter.dead.data)["vid"] == BAD
    assert not await is_folded(shop, BAD)


@pytest.mark.slow
async def test_workers_share_the_partitions_and_the_other_takes_over_from_one_that_is_killed(
    shop: Client, store_url: str, tmp_path: Path
) -> None:
    async with life(store_url, tmp_path) as one:

        async def all_owned() -> bool:
            return len(await owners(shop)) == PARTITIONS

        await until(all_owned)
        assert len(set((await owners(shop)).values())) == 1
        async with life(store_url, tmp_path) as two:

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
    shop: Client, store_url: str, tmp_path: Path
) -> None:
    async with life(store_url, tmp_path) as paused:

        async def all_owned() -> bool:
            return len(await owners(shop)) == PARTITIONS

        await until(all_owned)
        first = set((await owners(shop)).values())
        paused.signal(signal.SIGSTOP)
        for visitor in strangers(20):
            await view(shop, visitor)
        async with life(store_url, tmp_path):

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
