"""`make bench-restore`: a million visitors backed up, and brought back into another store.

As after a lost machine. Everything is real: two embedded Valkeys with their append-only files, states that
`heimta worker` folded, and the commands `heimta backup` and `heimta restore`, each measured as a process:
seconds, CPU, and the most memory it had. A tenth of the visitors goes first, to tell what grows with them.

    python -m loadtest.restore [--visitors N]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from heimta.launch.valkey import embedded
from heimta.store import keys
from heimta.store.connect import Client, connect
from loadtest.bench_worker import free_port
from loadtest.ingest.shop import install
from loadtest.verdict import Verdict, conclude
from loadtest.worker import traffic
from loadtest.worker.rig import ROOT, Rig, folded_all
from loadtest.worker.traffic import PARTITIONS, SHOP

RESTORE_S = 600.0
MEMORY_MIB = 256.0
SAMPLE = 500  # visitors at a time that are looked at byte by byte


class Run(Struct, frozen=True):
    """One command: seconds by the clock, seconds of CPU, most resident memory."""

    wall_s: float
    cpu_s: float
    memory_mib: float

    def __str__(self) -> str:
        return f"{self.wall_s:.1f} s, {self.cpu_s:.1f} s of CPU, {self.memory_mib:.0f} MiB at most"


class Case(Struct, frozen=True):
    """A number of visitors there and back. different: keys that are not what they were."""

    visitors: int
    backup: Run
    restore: Run
    file_mb: float
    different: int


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench-restore", description=__doc__)
    parser.add_argument("--visitors", type=int, default=1_000_000)
    asked = parser.parse_args(arguments)
    cases = [_case(count) for count in (max(1, asked.visitors // 10), asked.visitors)]
    for case in cases:
        print(
            f"{case.visitors:,} visitors, {case.file_mb:.1f} MB: backup {case.backup}; restore {case.restore}"
        )
    last = cases[-1]
    return conclude(
        [
            Verdict("restore-visitors", last.visitors, ">=", asked.visitors),
            Verdict("restore-different", sum(case.different for case in cases), "<=", 0),
            Verdict("restore-seconds", last.restore.wall_s, "<=", RESTORE_S, "s"),
            Verdict("restore-memory-mib", last.restore.memory_mib, "<=", MEMORY_MIB, "MiB"),
            Verdict("backup-memory-mib", last.backup.memory_mib, "<=", MEMORY_MIB, "MiB"),
        ]
    )


def _case(visitors: int) -> Case:
    with tempfile.TemporaryDirectory(prefix="hb") as name:
        folder = Path(name)
        file = folder / "all.backup"
        with Rig(folder / "one", free_port()) as rig:
            install(rig.url, SHOP, "http://shop.test")
            rig.start_worker()
            asyncio.run(_fill(rig.url, visitors))
            rig.stop_worker()
            backup = _command(rig.url, "backup", str(file))
            with embedded(folder / "two") as url:
                restore = _command(url, "restore", str(file))
                found, different = asyncio.run(_compare(rig.url, url, visitors))
        return Case(found, backup, restore, file.stat().st_size / 1e6, different)


async def _fill(url: str, visitors: int) -> None:
    redis = connect(url, timeout_s=60)
    try:
        await traffic.fill(redis, traffic.each_once(0, visitors, time.time_ns() // 1_000_000))
        await folded_all(redis)
    finally:
        await redis.aclose()


def _command(url: str, *words: str) -> Run:
    """Run it on whatever core is free. Raises SystemExit when it fails."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HEIMTA_")}
    environ |= {
        "PYTHONPATH": str(ROOT / "server"),
        "HEIMTA_REDIS_URL": url,
        "HEIMTA_PARTITIONS": str(PARTITIONS),
    }
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "heimta", *words], env=environ)
    os.sched_setaffinity(process.pid, set(range(os.cpu_count() or 1)))
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"heimta {words[0]} ended with {process.returncode}")
    return Run(time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


async def _compare(one_url: str, two_url: str, visitors: int) -> tuple[int, int]:
    """How many visitors are there, and how many states and timers differ."""
    one, two = connect(one_url, timeout_s=60), connect(two_url, timeout_s=60)
    try:
        found = different = 0
        for first in range(0, visitors, SAMPLE):
            names = [traffic.visitor_id(number) for number in range(first, min(first + SAMPLE, visitors))]
            before, after = await _rows(one, names), await _rows(two, names)
            found += sum(state is not None for state, _ in after)
            different += sum(b != a for b, a in zip(before, after, strict=True))
        return found, different
    finally:
        await one.aclose()
        await two.aclose()


async def _rows(redis: Client, names: Sequence[str]) -> list[tuple[object, object]]:
    """State and timer of each."""
    async with redis.pipeline(transaction=False) as pipe:
        for name in names:
            home = keys.partition_of(SHOP, name, PARTITIONS)
            pipe.get(keys.visitor(home, SHOP, name))
            pipe.zscore(keys.due(home), f"{SHOP}:{name}")
        answers = await pipe.execute()
    return list(zip(answers[::2], answers[1::2], strict=True))


if __name__ == "__main__":
    raise SystemExit(main())
