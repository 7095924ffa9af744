"""C12, C13: due steps after a long night, and a worker whose clock is wrong."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from heimta.model.journey import Journey, Send, Wait
from heimta.store import documents, keys
from loadtest.chaos import check
from loadtest.chaos.browser import Browser
from loadtest.chaos.odd import FileClock, Oddity
from loadtest.chaos.visits import make_id
from loadtest.chaos.world import PARTITIONS, Outcome, World, open_shop, world

MINUTE_MS = 60_000
FIRST_S = 30.0  # from boot until the first step that was due is taken
SENDS = 0.01  # share of visitors who can be reached by a push; the rest are counted only
PER_S = 1500.0  # slower than this is too slow
EARLY_S = 1.0
SILENCE_S = 4.0
JUMPS_MS = (3_600_000, -3_600_000, 86_400_000)


@dataclass(frozen=True)
class Template:
    """A visitor's state as the worker wrote it, and when their next timer is due: to be copied."""

    visitor: str
    state: bytes
    due: int


async def c12(seed: int, *, visitors: int, rate: float) -> Outcome:
    """Steps are scheduled, everything is killed, and starts again two hours later.

    Two kinds of visitors. Nearly all left a cart, an hour before their silence is noticed. The others had
    their message scheduled by two journeys, for half an hour later: one takes it late, one does not.
    """
    outcome, reach = Outcome("C12"), max(10, int(visitors * SENDS))
    async with world(seed, [], seconds=0, rate=rate, edges=1, workers=0) as made:
        file = made.folder / "clock"
        clock = FileClock(file)
        clock.set("+0")
        oddity = Oddity("worker", str(file), everywhere=True)
        workers = [made.system.add("worker", oddity.command()) for _ in range(2)]
        await _prepare(made)
        for worker in workers:
            worker.start()
        plain, reached = await _templates(made)
        await copy(made, reached, reach - 1)
        clock.set(f"{61 * MINUTE_MS:+}")
        await _until_counted(made, "abandoned", reach + 1, 30 + reach / PER_S)
        for worker in workers:
            await worker.end()
        await copy(made, plain, visitors - reach)
        for process in made.system.all:
            process.again = False
            process.kill()
        made.store.kill()
        clock.set(f"{181 * MINUTE_MS:+}")
        booted = time.monotonic()
        await _start_again(made)
        await _first(made, booted, reach + 1, outcome)
        await _all_taken(made, visitors, booted, outcome)
        await _hold(made, visitors, reach, outcome)
    return outcome


async def _prepare(made: World) -> None:
    await open_shop(made.redis, "c12", silence_min=60)
    for name, late_min in (("cart-push", 720.0), ("prompt", 30.0)):
        steps = (Wait("wait", 30), Send("remind", "push", "Your cart waits", max_late_min=late_min))
        journey = Journey(
            id=name,
            shop="c12",
            name=name,
            live=True,
            trigger="cart_abandoned",
            holdout_pct=0,
            steps=steps,
        )
        await documents.put(made.redis, journey, now=1)
    await made.system.edges[0].wait_until_ready("/s/c12.js")


async def _templates(made: World) -> tuple[Template, Template]:
    """A visitor who only left a cart, and one who can be reached."""
    dice, found = made.dice("C12"), []
    async with aiohttp.ClientSession() as http:
        browser = Browser(http, made.system.edges[0].url, "c12")
        for subscription in (None, made.push.subscription()):
            visit = await browser.leave_a_cart(dice, subscription)
            await check.quiesce(made.redis, PARTITIONS)
            home = keys.partition_of("c12", visit.visitor, PARTITIONS)
            state = await made.redis.get(keys.visitor(home, "c12", visit.visitor))
            due = await made.redis.zscore(keys.due(home), f"c12:{visit.visitor}")
            assert isinstance(state, bytes) and due is not None
            found.append(Template(visit.visitor, state, int(due)))
    return found[0], found[1]


async def copy(made: World, template: Template, count: int) -> None:
    """More visitors of the same kind, as fast as Redis takes them."""
    dice = made.dice(template.visitor)
    names = [make_id(dice, 16) for _ in range(count)]
    await asyncio.to_thread(_write, made.store.socket, template, names)


def _write(path: Path, template: Template, names: list[str]) -> None:
    score = str(template.due)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as redis:
        redis.connect(str(path))
        answers = redis.makefile("rb")
        for first in range(0, len(names), 500):
            commands = bytearray()
            some = names[first : first + 500]
            for name in some:
                home = keys.partition_of("c12", name, PARTITIONS)
                state = template.state.replace(template.visitor.encode(), name.encode())
                commands += _resp(b"SET", keys.visitor(home, "c12", name).encode(), state)
                commands += _resp(b"ZADD", keys.due(home).encode(), score.encode(), f"c12:{name}".encode())
            redis.sendall(commands)
            for _ in range(2 * len(some)):
                answer = answers.readline()
                assert answer[:1] in b"+:", answer
        # The store is killed next. With `everysec` it answers while the disk is at an earlier write:
        # the last of these visitors, whom the proof itself made, would be gone, and missed.
        redis.sendall(_resp(b"WAITAOF", b"1", b"0", b"60000"))
        assert [answers.readline() for _ in range(3)][1] == b":1\r\n", "not on disk after a minute"


def _resp(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


async def _until_counted(made: World, metric: str, count: int, patience_s: float) -> float:
    """Until a counter is at least `count`. Returns the monotonic time; raises TimeoutError."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        counted = (await check.counters(made.redis, "c12", PARTITIONS))[metric]
        if counted >= count:
            return time.monotonic()
        await asyncio.sleep(0.05)
    raise TimeoutError(f"{metric} is {counted} after {patience_s:.0f} s, not {count}")


async def _start_again(made: World) -> None:
    """All at once, as a machine does that comes back."""
    store = asyncio.create_task(made.store.start())
    for process in made.system.all:
        process.start()
    await store


async def _first(made: World, booted: float, already: int, outcome: Outcome) -> None:
    first_s = await _until_counted(made, "abandoned", already + 1, FIRST_S + 30) - booted
    outcome.must(first_s <= FIRST_S, f"the first due step was taken {first_s:.1f} s after boot")
    outcome.notes.append(f"first due step {first_s:.1f} s after boot")


async def _all_taken(made: World, visitors: int, booted: float, outcome: Outcome) -> None:
    """Until no timer that is due is left, and no message waits."""
    until = time.monotonic() + 60 + visitors / PER_S
    while time.monotonic() < until:
        left = 0
        for partition in range(PARTITIONS):
            left += await made.redis.zcard(keys.due(partition)) + await made.redis.hlen(
                keys.outbox(partition)
            )
        if not left:
            outcome.notes.append(f"all {visitors:,} after {time.monotonic() - booted:.1f} s")
            return
        await asyncio.sleep(0.2)
    outcome.broken.append(f"{left} due steps are left after {60 + visitors / PER_S:.0f} s")


async def _hold(made: World, visitors: int, reach: int, outcome: Outcome) -> None:
    """Each once: every cart counted as abandoned once, every message sent once, every late one skipped."""
    await check.quiesce(made.redis, PARTITIONS)
    counted = await check.counters(made.redis, "c12", PARTITIONS)
    wanted = {"abandoned": visitors + 1, "message.sent": reach, "message.skipped": reach}
    for metric, count in wanted.items():
        outcome.found.lost += max(0, count - counted[metric])
        outcome.found.twice += max(0, counted[metric] - count)
        if counted[metric] != count:
            outcome.found.details.append(f"{metric} is {counted[metric]}, not {count}")
    times = made.push.times()
    outcome.found.lost += max(0, reach - len(times))
    outcome.found.twice += sum(count - 1 for count in times.values())
    slow = [int(call["duration"]) for call in await made.redis.slowlog_get(128)]
    outcome.notes.append(f"worst Redis call {max(slow, default=0) / 1000:.0f} ms")


async def c13(seed: int, *, rate: float) -> Outcome:
    """The worker's clock jumps an hour ahead, an hour back, a day ahead, while carts wait to be abandoned."""
    outcome = Outcome("C13")
    async with world(seed, [], seconds=0, rate=rate, edges=1, workers=0) as made:
        file = made.folder / "clock"
        clock = FileClock(file)
        clock.set("+0")
        await open_shop(made.redis, "c13", silence_min=SILENCE_S / 60)
        worker = made.system.add("worker", Oddity("worker", str(file)).command())
        worker.start()
        await worker.wait_until_ready()
        await made.system.edges[0].wait_until_ready("/s/c13.js")
        dice, count = made.dice("C13"), 20
        async with aiohttp.ClientSession() as http:
            browser = Browser(http, made.system.edges[0].url, "c13")
            for _ in range(count):
                await browser.leave_a_cart(dice, made.push.subscription())
        due = time.time() + SILENCE_S
        for jump in JUMPS_MS:
            clock.set(f"{jump:+}")
            await asyncio.sleep(0.8)
        early = [when for when, _ in made.push.receipts if when < due - EARLY_S]
        outcome.must(not early, f"{len(early)} messages went out early, by a clock that was wrong")
        clock.set("+0")
        until = time.monotonic() + SILENCE_S + 10
        while len(made.push.receipts) < count and time.monotonic() < until:
            await asyncio.sleep(0.1)
        await asyncio.sleep(1.0)  # long enough for a second copy to come, if there is one
        times = made.push.times()
        outcome.found.lost += count - len(times)
        outcome.found.twice += sum(times.values()) - len(times)
    return outcome
