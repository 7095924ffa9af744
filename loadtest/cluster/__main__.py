"""`make cluster`: the suite on a real cluster, then a cluster that is changed and broken under load.

`python -m loadtest.cluster --only moves failover` runs some of it; the verdicts are of what was run.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

from loadtest.cluster import faults
from loadtest.cluster.world import Shown, World, world
from loadtest.verdict import Verdict, conclude

ROOT = Path(__file__).parents[2]
SUITE = ("store", "ingest", "edge", "worker", "journeys", "hostile", "operate", "cli", "console")
SUITE_S = 3600  # a run of the tests takes minutes; a machine that has other work takes longer
FAILOVERS = 4
PARTS = ("suite", "moves", "failover", "wait", "takeover", "restart")


def suite() -> list[Verdict]:
    """The tests of everything that talks to the store, with a cluster for a store."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--tb=native",
        "-m",
        "not browser",
        *(f"tests/{room}" for room in SUITE),
    ]
    environ = {**os.environ, "HEIMTA_TEST_STORE": "cluster"}
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as running:
        try:
            said, _ = running.communicate(timeout=SUITE_S)
        except subprocess.TimeoutExpired:
            running.terminate()
            said, _ = running.communicate()
            print(f"not done after {SUITE_S} s", flush=True)
        is_whole = running.returncode in (0, 1)
    print(said[-3000:] if running.returncode else said.strip().splitlines()[-1], flush=True)
    counted = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", said)}
    bad = counted.get("failed", 0) + counted.get("error", 0)
    ran = counted.get("passed", 0)
    return [
        # A suite that broke off or ran nothing is no success.
        Verdict("cluster-suite-failures", bad if is_whole and ran else max(bad, 1), "<=", 0),
        Verdict("cluster-suite-tests", ran, ">=", 100),
    ]


async def moves(rate: float) -> list[Verdict]:
    async with world(rate=rate) as made:
        shown = tell(await faults.slots_move(made, moves=32))
    return [
        Verdict("cluster-slot-move-lost", shown.found.lost, "<=", 0),
        Verdict("cluster-slot-move-twice", shown.found.twice, "<=", 0),
        Verdict("cluster-slot-move-500s", shown.server_errors, "<=", 0),
    ]


async def failovers(made: World, words: str) -> tuple[list[Shown], float]:
    """Masters end and masters fall silent, in turn. Returns the longest time without one, too."""
    showns, away = [], 0.0
    for number in range(FAILOVERS):
        is_silent = number % 2 == 1
        name = f"master {'silent' if is_silent else 'killed'} {words} {number + 1}"
        shown, away_s = await faults.master_is_lost(made, name, pause=is_silent)
        showns.append(tell(shown))
        away = max(away, away_s)
    return showns, away


async def failover(rate: float) -> list[Verdict]:
    """Nobody waits for replicas: what is lost is told, and no bar is held against it (docs/cluster.md)."""
    async with world(rate=rate) as made:
        showns, away = await failovers(made, "without wait")
    lost, acked = sum(shown.found.lost for shown in showns), sum(shown.found.acked for shown in showns)
    print(f"without wait: {lost:,} of {acked:,} acknowledged lost in {len(showns)} failovers", flush=True)
    return [
        Verdict("cluster-failover-unavailable-s", away, "<=", 15, "s"),
        Verdict("cluster-failover-twice", sum(shown.found.twice for shown in showns), "<=", 0),
        Verdict("cluster-failover-500s", sum(shown.server_errors for shown in showns), "<=", 0),
    ]


async def wait(rate: float) -> list[Verdict]:
    """With HEIMTA_REDIS_WAIT_REPLICAS=1."""
    async with world(rate=rate, wait_replicas=1) as made:
        showns, away = await failovers(made, "with wait")
    return [
        Verdict("cluster-failover-lost-with-wait", sum(shown.found.lost for shown in showns), "<=", 0),
        Verdict("cluster-failover-twice-with-wait", sum(shown.found.twice for shown in showns), "<=", 0),
        Verdict("cluster-failover-500s-with-wait", sum(shown.server_errors for shown in showns), "<=", 0),
        Verdict("cluster-failover-unavailable-with-wait-s", away, "<=", 15, "s"),
    ]


async def takeover(rate: float) -> list[Verdict]:
    async with world(rate=rate) as made:
        shown, took = await faults.worker_is_killed(made)
    tell(shown)
    return [
        Verdict("cluster-worker-takeover-s", took, "<=", 12, "s"),
        Verdict("cluster-worker-takeover-lost", shown.found.lost, "<=", 0),
        Verdict("cluster-worker-takeover-twice", shown.found.twice, "<=", 0),
    ]


async def restart(rate: float) -> list[Verdict]:
    async with world(rate=rate) as made:
        shown = tell(await faults.cluster_restarts(made))
    return [
        Verdict("cluster-restart-lost", shown.found.lost, "<=", 0),
        Verdict("cluster-restart-twice", shown.found.twice, "<=", 0),
        Verdict("cluster-restart-500s", shown.server_errors, "<=", 0),
    ]


def tell(shown: Shown) -> Shown:
    print(shown, flush=True)
    return shown


UNDER_LOAD = {"moves": moves, "failover": failover, "wait": wait, "takeover": takeover, "restart": restart}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m loadtest.cluster", description=__doc__)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS, help="all if left out")
    parser.add_argument("--rate", type=float, default=120.0, help="batches a second; 12 events each")
    asked = parser.parse_args()
    verdicts = suite() if "suite" in asked.only else []
    for name, part in UNDER_LOAD.items():
        if name in asked.only:
            verdicts += asyncio.run(part(asked.rate))
    return conclude(verdicts)


if __name__ == "__main__":
    sys.exit(main())
