"""Real processes on cores of their own: `heimta worker` on one, an embedded Valkey on the other.

What makes the load shares Valkey's core: left to wander, it took up to 40 % of the worker's, and the figures
told of that (ack to visible p99 2,480 ms instead of 33, at the same load). With one core only all share it,
and the figures say less.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.request import urlopen

from msgspec import Struct, json

from heimta.launch.valkey import Valkey
from heimta.store import keys
from heimta.store.connect import Client
from loadtest.worker.traffic import PARTITIONS

ROOT = Path(__file__).parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
PIECE = json.encode(
    {"v": 1, "ev": [{"n": n, "t": "page_viewed", "p": {"ref": "a", "w": n}} for n in range(12)]}
)
PIECES = 300
START_S = 120.0  # on a busy machine Python alone needs half a minute


class Sample(Struct, frozen=True):
    """Where things stood: seconds since the rig's start, CPU seconds so far, log entries and timers done.

    piece_s: CPU seconds that a piece of work, always the same, took then on the worker's core: on a shared
    machine a CPU second is worth more at one time than at another.
    """

    at_s: float
    worker_s: float
    redis_s: float
    folded: int
    fired: int
    piece_s: float = 1.0


def piece_of_work() -> float:
    """CPU seconds, some 3 ms, of this thread on the worker's core for a fixed piece of what a fold is made
    of: decode, look up, change, encode. In a thread of its own: the caller's core is given back.
    """
    os.sched_setaffinity(0, {CORES[0]})
    try:
        began = time.thread_time()
        for _ in range(PIECES):
            told = json.decode(PIECE)
            for event in told["ev"]:
                event["n"] += told["v"]
            json.encode(told)
        return time.thread_time() - began
    finally:
        os.sched_setaffinity(0, {CORES[-1]})


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Rig(AbstractContextManager["Rig"]):
    """folder: short, for a socket lies in it. port: a free one, for the worker's own HTTP."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.valkey = Valkey(folder)
        self.port = port
        self._worker: subprocess.Popen[bytes] | None = None
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        self.valkey.start()
        assert self.valkey.process is not None
        os.sched_setaffinity(self.valkey.process.pid, {CORES[-1]})
        os.sched_setaffinity(0, {CORES[-1]})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.sched_setaffinity(0, CORES)
        self.stop_worker()
        self.valkey.stop()

    @property
    def url(self) -> str:
        return self.valkey.url

    def start_worker(self, more: Mapping[str, str] | None = None) -> None:
        """more: settings beyond those that every worker of a rig has."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("HEIMTA_")}
        environ |= {
            "PYTHONPATH": str(ROOT / "server"),
            "HEIMTA_REDIS_URL": self.url,
            "HEIMTA_DATA": str(self.folder),
            "HEIMTA_PARTITIONS": str(PARTITIONS),
            "HEIMTA_WORKER_PORT": str(self.port),
            **(more or {}),
        }
        with (self.folder / "worker.log").open("ab") as log:
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "heimta", "worker"], env=environ, stdout=log, stderr=log
            )
        os.sched_setaffinity(self._worker.pid, {CORES[0]})
        until = time.monotonic() + START_S
        while True:
            try:
                self._figures()
                return
            except OSError:
                assert self._worker.poll() is None, (self.folder / "worker.log").read_text()[-2000:]
                assert time.monotonic() < until, "the worker does not answer"
                time.sleep(0.05)

    @property
    def worker_pid(self) -> int:
        assert self._worker is not None
        return self._worker.pid

    def stop_worker(self) -> None:
        if self._worker is not None:
            self._worker.terminate()
            self._worker.wait(30)
            self._worker = None

    def _figures(self) -> dict[str, float]:
        with urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return {name: float(value) for name, _, value in pairs}

    def sample(self) -> Sample:
        assert self._worker is not None and self.valkey.process is not None
        told = self._figures()
        return Sample(
            time.monotonic() - self._began,
            cpu_seconds(self._worker.pid),
            cpu_seconds(self.valkey.process.pid),
            int(told["heimta_entries_folded_total"]),
            int(told["heimta_timers_fired_total"]),
            piece_of_work(),
        )

    async def watch(self, until: Callable[[Sample], bool], *, every_s: float, limit_s: float) -> list[Sample]:
        """Samples until it is so. Asking costs the worker a millisecond, so not too often."""
        samples = [await asyncio.to_thread(self.sample)]
        while not until(samples[-1]):
            assert samples[-1].at_s - samples[0].at_s < limit_s, "the worker does not get done"
            await asyncio.sleep(every_s)
            samples.append(await asyncio.to_thread(self.sample))
        return samples


def stolen_from() -> Callable[[], float]:
    """From now on: the share of all cores' time, 0-1, that the host gave to others (proc_stat(5), steal)."""

    def times() -> list[int]:
        return [int(count) for count in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]

    before = times()

    def share() -> float:
        passed = [now - then for now, then in zip(times(), before, strict=True)]
        return passed[7] / max(1, sum(passed))

    return share


async def folded_all(redis: Client) -> None:
    """Return once every partition's checkpoint is its log's last entry."""
    for partition in range(PARTITIONS):
        while True:
            rows = await redis.xrevrange(keys.log(partition), count=1)
            if not rows or rows[0][0] == await redis.get(keys.checkpoint(partition)):
                break
            await asyncio.sleep(0.02)


async def memory(redis: Client) -> int:
    """Bytes in use without the log: everything that is kept for visitors."""
    for partition in range(PARTITIONS):
        await redis.xtrim(keys.log(partition), maxlen=0, approximate=False)
    return int((await redis.info("memory"))["used_memory"])


async def slow_calls_ms(redis: Client) -> tuple[float, float]:
    """The slowest command since the slow log was cleared, and the median of what it holds; 0 for none."""
    taken = sorted(int(row["duration"]) / 1000 for row in await redis.slowlog_get(10_000))
    return (taken[-1], taken[len(taken) // 2]) if taken else (0.0, 0.0)
