"""`make chaos-send`: 1,200 deaths of two senders at six places, by turns on every channel.

KILLS=60 in the environment makes it shorter. `--seed` another one. The parent plays the shoppers and all that
receives; two nurseries (nursery.py) raise the workers, each with its own place to die. When the last has
died, two healthy ones finish what is left; then every shopper's four messages are counted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator

import msgspec

from heimta.store.clock import StoreClock
from heimta.store.log import Log
from loadtest.chaos.system import ROOT
from loadtest.chaos_send.deaths import PLACES, Place, Plan
from loadtest.chaos_send.tally import Tally, tally
from loadtest.sending.ground import (
    CHANNELS,
    IDLE_MIN,
    SHOP,
    Shopper,
    everywhere,
    facts,
    shoppers,
)
from loadtest.sending.place import Home, opened, until_nothing_is_left
from loadtest.verdict import Verdict, conclude

WHOLE = 1200
PARTITIONS = 4
NURSERIES = 2
LIFE_S = 20.0  # in which its death should have come; else it is killed where it stands
AT_WORK = 48  # messages that wait, at least: there is always something to die with
CROWD = 4
LAST_S = 300.0  # for what is left when nobody dies any more
CLOCKS = ((0,), (3_600_000, 0), (-3_600_000, 0), (86_400_000, -86_400_000))


class Run:
    """Everything of one run that its parts share."""

    def __init__(self, home: Home, seed: int, kills: int) -> None:
        self.folder, self.redis, self.at, self.kills = home.folder, home.redis, home.at, kills
        self.url = home.url
        self.dice = random.Random(seed)
        self.shoppers: list[Shopper] = []
        self.deaths: Counter[Place] = Counter()
        self.elsewhere = 0  # killed where they stood: their place was not reached in time
        self.log = Log(home.redis)
        self.places = self._plans()

    def _plans(self) -> Iterator[tuple[Place, str]]:
        """Each place by turns, and each channel at each place."""
        while True:
            for channel in CHANNELS:
                yield from ((place, channel if place != "folding" else "") for place in PLACES)

    def plan(self) -> Plan:
        place, channel = next(self.places)
        return Plan(
            place,
            channel,  # type: ignore[arg-type]
            self.dice.randint(1, 3),
            self.dice.choice(CLOCKS),
            self.dice.randrange(2**32),
        )

    @property
    def is_over(self) -> bool:
        return sum(self.deaths.values()) >= self.kills

    async def feed(self) -> None:
        """Keep some shoppers in front of the workers until the last has died."""
        clock = StoreClock(self.redis, lambda: time.time_ns() // 1_000_000)
        await clock.look()
        while not self.is_over:
            # Those that surely arrive in the end; an SMS that nobody knows of does not.
            arrived = min(self.at.count("push"), self.at.count("email"))
            if (len(self.shoppers) - arrived) * len(CHANNELS) < AT_WORK:
                crowd = shoppers(self.dice, len(self.shoppers), CROWD)
                self.shoppers += crowd
                left_at = clock() - round((IDLE_MIN + 1) * 60_000)
                entries = [e for one in crowd for e in facts(one, self.at, PARTITIONS, left_at=left_at)]
                await self.log.append(entries)
            await asyncio.sleep(0.02)


async def raise_and_bury(run: Run, number: int) -> None:
    """One nursery, until enough have died. The last of its workers stays healthy, and finishes."""
    log = run.folder / f"worker-{number}.log"
    nursery = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "loadtest.chaos_send.nursery",
        str(log),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=_environ(run),
    )
    assert nursery.stdin is not None and nursery.stdout is not None
    try:
        while not run.is_over:
            plan = run.plan()
            nursery.stdin.write(msgspec.json.encode(plan) + b"\n")
            born = (await nursery.stdout.readline()).split()
            pid, how = int(born[1]), b""
            try:
                async with asyncio.timeout(LIFE_S):
                    how = await nursery.stdout.readline()
                run.deaths[plan.place] += how == b"ended killed\n"
            except TimeoutError:
                os.kill(pid, 9)
                how = await nursery.stdout.readline()
                run.elsewhere += 1
            if how != b"ended killed\n":
                raise RuntimeError(f"a worker ended by itself ({how!r}): {log.read_text()[-2000:]}")
        healthy = Plan("none", "", 1, (0,), 0)
        nursery.stdin.write(msgspec.json.encode(healthy) + b"\n")
        pid = int((await nursery.stdout.readline()).split()[1])
        await until_nothing_is_left(run.redis, PARTITIONS, patience_s=LAST_S)
        os.kill(pid, 9)
        await nursery.stdout.readline()
    finally:
        nursery.stdin.close()
        if nursery.returncode is None:
            nursery.kill()
        await nursery.wait()


def _environ(run: Run) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("HEIMTA_")},
        "PYTHONPATH": f"{ROOT / 'server'}:{ROOT}",
        "HEIMTA_REDIS_URL": run.url,
        "HEIMTA_DATA": str(run.folder),
        "HEIMTA_PARTITIONS": str(PARTITIONS),
        "HEIMTA_PUSH_ORIGINS": run.at.origin,
        "HEIMTA_OUTSIDE_ORIGINS": run.at.origin,
    }


async def tell(run: Run) -> None:
    began = time.monotonic()
    while not run.is_over:
        await asyncio.sleep(10)
        by_place = "  ".join(f"{place} {run.deaths[place]}" for place in PLACES)
        print(
            f"{time.monotonic() - began:6.0f} s  {sum(run.deaths.values()):5} deaths  {by_place}"
            f"  {len(run.shoppers):,} shoppers",
            flush=True,
        )


async def run_all(seed: int, kills: int) -> tuple[Run, Tally]:
    async with opened(seed, [everywhere()], PARTITIONS) as home:
        run = Run(home, seed, kills)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(run.feed())
            tasks.create_task(tell(run))
            for number in range(NURSERIES):
                tasks.create_task(raise_and_bury(run, number + 1))
        return run, await tally(home.redis, SHOP, run.shoppers, home.at, PARTITIONS)


def verdicts(run: Run, counted: Tally, kills: int) -> list[Verdict]:
    told = [Verdict("chaos-send-kills", sum(run.deaths.values()), ">=", kills)]
    told += [
        Verdict(f"chaos-send-kills-{place}", run.deaths[place], ">=", kills * 0.9 // len(PLACES))
        for place in PLACES
    ]
    return [
        *told,
        Verdict("chaos-send-steps-lost", counted.lost, "<=", 0),
        Verdict("chaos-send-sms-twice", counted.twice["sms"], "<=", 0),
        Verdict("chaos-send-messenger-twice", counted.twice["messenger"], "<=", 0),
        Verdict("chaos-send-push-visible-twice", counted.twice["push"], "<=", 0),
        Verdict("chaos-send-email-visible-twice", counted.twice["email"], "<=", 0),
        Verdict("chaos-send-told-wrong", counted.told_wrong, "<=", 0),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m loadtest.chaos_send", description=__doc__)
    parser.add_argument("--kills", type=int, default=int(os.environ.get("KILLS", WHOLE)))
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    run, counted = asyncio.run(run_all(asked.seed, asked.kills))
    print(counted.in_words(len(run.shoppers), run.elsewhere))
    return conclude(verdicts(run, counted, asked.kills))


if __name__ == "__main__":
    sys.exit(main())
