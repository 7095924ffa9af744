"""`make bench-push`: pushes a second of one core on the whole path, beside others; and how late a push is.

Whole path: the command `heimta worker` on a core of its own takes what is due, asks every rule, claims,
encrypts, signs, sends and records, with an embedded Valkey on the other core. Beside it, in the same run, on
the same core, to the same push service over TLS on loopback: pywebpush's own call loop and node's web-push,
which encrypt, sign and send, and no more. Speeds are messages a CPU second of the sender, which other
programs on the machine disturb least; by the wall stands beside.

Then a million timers wait in the store, and twenty pushes a second come due: from the due instant to the
push service's door.

    python -m loadtest.bench_push [--messages N] [--scheduled N] [--due N] [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from heimta.channels.push_payload import build
from heimta.channels.vapid import make_keys
from heimta.ingest.entry import Entry
from heimta.store.connect import Client, connect
from loadtest.deliver.certificate import make_certificate
from loadtest.others import install
from loadtest.push import crowd, peers
from loadtest.push.peers import Speed, Task
from loadtest.push.service import browser_keys
from loadtest.verdict import Verdict, conclude
from loadtest.worker import traffic
from loadtest.worker.rig import CORES, Rig, cpu_seconds, folded_all
from loadtest.worker.visible import percentile
from tests.ports import free_port

APART_MS = 50  # twenty a second
FOLD_PER_S = 1_500  # batches that even a slow machine folds: so long before the first is due it begins
LEAST_SPARE_MS = 20_000
FAR_MS = 12 * 3_600_000
LIMIT_S = 1800.0
LOOK_S = 0.2
NAMES = {
    "pywebpush-new": "pywebpush, as documented (connects anew)",
    "pywebpush": "pywebpush with a session of requests",
    "node": "node's web-push, 32 at a time",
    "channel": "ours without the worker: encrypt, sign, send",
}


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def spare_ms(count: int) -> int:
    """So long before the first of them is due their facts are told."""
    return LEAST_SPARE_MS + round(count / FOLD_PER_S * 2000)


class Service:
    """The push service: a process on Valkey's core, behind TLS."""

    def __init__(self, folder: Path) -> None:
        self.certificate = make_certificate(folder)
        self._port = free_port()
        command = [sys.executable, "-m", "loadtest.push.service", str(self._port)]
        self._process = subprocess.Popen([*command, "--certificate", str(self.certificate)])
        self.origin = f"https://127.0.0.1:{self._port}"
        until = time.monotonic() + 120
        while True:
            try:
                self.ask("count")
                return
            except OSError:
                assert time.monotonic() < until, "the push service does not answer"
                time.sleep(0.1)

    def ask(self, what: str) -> object:
        trust = ssl.create_default_context(cafile=str(self.certificate))
        with urllib.request.urlopen(f"{self.origin}/{what}", timeout=60, context=trust) as answer:
            return json.load(answer)

    def count(self) -> int:
        counted = self.ask("count")
        assert isinstance(counted, int)
        return counted

    def lags_ms(self) -> list[float]:
        told = self.ask("lags")
        assert isinstance(told, list)
        return sorted(float(lag) for lag in told)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)


class Bench:
    def __init__(self, rig: Rig, redis: Client, service: Service) -> None:
        self.rig, self.redis, self.service = rig, redis, service
        self.keys = browser_keys()

    def say(self, words: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {words}", flush=True)

    async def ours(self, count: int) -> Speed:
        """From the tenth message in a hundred to the ninetieth: neither start nor end."""
        due_at = now_ms() + spare_ms(count)
        self.say(f"{count:,} visitors who are all due a push in {spare_ms(count) / 1000:.0f} s")
        paths = (f"{self.service.origin}/created/0-{number}" for number in range(count))
        await traffic.fill(self.redis, crowd.left_carts(0, paths, self.keys, due_at=due_at))
        self.rig.start_worker(self._settings())
        await folded_all(self.redis)
        assert now_ms() < due_at, "folding took longer than until the first was due"
        before = self.service.count()
        first = await self._until(before + count // 10)
        last = await self._until(before + count - count // 10)
        await self._until(before + count)
        sent = last[0] - first[0]
        return Speed(sent, last[1] - first[1], last[2] - first[2])

    def _settings(self) -> dict[str, str]:
        return {
            "HEIMTA_PUSH_ORIGINS": self.service.origin,
            "SSL_CERT_FILE": str(self.service.certificate),
        }

    async def _until(self, count: int) -> tuple[int, float, float]:
        """(how many came, seconds, the worker's CPU seconds) once so many came."""
        until = time.monotonic() + LIMIT_S
        while True:
            came = await asyncio.to_thread(self.service.count)
            if came >= count:
                return came, time.monotonic(), cpu_seconds(self.rig.worker_pid)
            assert time.monotonic() < until, f"{came} of {count} came"
            await asyncio.sleep(LOOK_S)

    def others(self, count: int) -> dict[str, Speed]:
        notification = build(
            title="Your cart is waiting",
            body="Woollen hat and 3 more",
            navigate=f"https://edge.example/r/{'t' * 90}",
            tag="m" * 22,
            lang="en",
            vid="v" * 22,
            message="m" * 22,
            settings=("Settings or stop", f"https://edge.example/u/{'u' * 90}"),
        )
        vapid = make_keys("mailto:bench@example.com")
        task = Task(f"{self.service.origin}/created", self.keys, vapid, notification.decode(), count)
        found = {}
        for how in ("pywebpush-new", "pywebpush", "node", "channel"):
            self.say(f"{count:,} by {how}")
            found[how] = peers.measure(how, task, self.service.certificate, CORES[0])
        return found

    async def lag(self, scheduled: int, due: int) -> list[float]:
        """How late pushes come while `scheduled` timers wait."""
        self.say(f"{scheduled:,} visitors with a cart each, due in hours")
        await self._wait_in_store(scheduled)
        begins = now_ms() + spare_ms(due)
        self.say(f"{due:,} pushes due, one every {APART_MS} ms")
        before = self.service.count()
        dues = [begins + number * APART_MS for number in range(due)]
        entries = (self._one(10**8 + number, at) for number, at in enumerate(dues))
        await traffic.fill(self.redis, chain.from_iterable(entries))
        await folded_all(self.redis)
        assert now_ms() < begins, "folding took longer than until the first was due"
        await self._until(before + due)
        return self.service.lags_ms()

    def _one(self, number: int, due_at: int) -> Iterator[Entry]:
        path = iter([f"{self.service.origin}/created/{due_at}-{number}"])
        return crowd.left_carts(number, path, self.keys, due_at=due_at)

    async def _wait_in_store(self, count: int) -> None:
        """Their states and timers, as the fold leaves them: it folds the first, and the others are its copies
        under their own ids. Folding a million one by one takes longer than all else here.
        """
        first = 10**7
        # Told of as if it were later: a fold has no clock, and believes when an entry came.
        await traffic.fill(self.redis, traffic.each_once(first, 1, now_ms() + FAR_MS))
        await folded_all(self.redis)
        self.rig.stop_worker()
        await crowd.copy(self.redis, first, range(first + 1, first + count))
        self.rig.start_worker(self._settings())

    async def run(self, *, messages: int, scheduled: int, due: int) -> int:
        await crowd.install(self.redis)
        others = await asyncio.to_thread(self.others, messages)
        whole = await self.ours(messages)
        rows = {"ours, whole path": whole, **{f"{NAMES[how]}": speed for how, speed in others.items()}}
        for name, speed in rows.items():
            wall = speed.count / speed.wall_s
            print(f"{name:<46}{speed.of_a_core:>8,.0f} a CPU second {wall:>8,.0f} a second")
        lags = await self.lag(scheduled, due)
        middle, p99 = percentile(lags, 0.5), percentile(lags, 0.99)
        print(
            f"due to the push service's door: p50 {middle:.0f} ms, p99 {p99:.0f} ms, worst {lags[-1]:.0f} ms"
        )
        loop = whole.of_a_core / others["pywebpush-new"].of_a_core
        node = whole.of_a_core / others["node"].of_a_core
        verdicts = [
            Verdict("push-beside-pywebpush-loop", loop, ">=", 2, "x"),
            Verdict("push-beside-node-web-push", node, ">=", 4, "x"),
            Verdict("push-due-lag-p99-ms", p99, "<=", 250, "ms"),
        ]
        return conclude(verdicts)


async def bench(rig: Rig, service: Service, *, messages: int, scheduled: int, due: int) -> int:
    redis = connect(rig.url, timeout_s=60)
    try:
        return await Bench(rig, redis, service).run(messages=messages, scheduled=scheduled, due=due)
    finally:
        await redis.aclose()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench-push", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000, help="of each sender")
    parser.add_argument("--scheduled", type=int, default=1_000_000, help="timers that wait meanwhile")
    parser.add_argument("--due", type=int, default=1_200, help="pushes whose lag is measured")
    parser.add_argument("--quick", action="store_true", help="a fiftieth of everything")
    chosen = parser.parse_args(arguments)
    share = 50 if chosen.quick else 1
    install()
    with tempfile.TemporaryDirectory(prefix="hb") as name, Rig(Path(name), free_port()) as rig:
        service = Service(Path(name))
        try:
            sizes = {"messages": chosen.messages, "scheduled": chosen.scheduled, "due": chosen.due}
            return asyncio.run(bench(rig, service, **{what: n // share for what, n in sizes.items()}))
        finally:
            service.stop()


if __name__ == "__main__":
    raise SystemExit(main())
