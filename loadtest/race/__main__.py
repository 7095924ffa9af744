"""`make race`: 100,000 orders at random moments around due steps; nothing is claimed after the order.

ORDERS=5000 in the environment makes it shorter. A real edge takes the orders, two real workers fold, fire and
send; the receivers write down when each message came. What is held: no message came later than a second after
the order was acknowledged, and none was claimed after it (witness.py).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from msgspec import Struct

from heimta.store.connect import Client
from heimta.store.log import Log
from heimta.store.partition import PartitionStore
from heimta.worker.entries import place
from loadtest.chaos.system import System
from loadtest.race.crowd import Crowd, Racer, journeys
from loadtest.sending.place import opened, until_nothing_is_left
from loadtest.sending.receivers import Receivers
from loadtest.verdict import Verdict, conclude

WHOLE = 100_000
PARTITIONS = 16
LATE_S = 1.0  # a message that was on the wire when the order was acknowledged may still arrive
CLOSE_S = 0.05
LAST_S = 120.0


class Outcome(Struct):
    """late: receipts more than LATE_S after the order was acknowledged. claimed_after: begun after it.

    elsewhere_*: the same where the order named only the customer; there a claim is looked at once more after
    it was granted (store/ordering.py), so those count after which a message came. on_wire: receipts after the
    acknowledgement at all, worst: the latest of them. close: races decided within CLOSE_S.
    """

    orders: int = 0
    sent: int = 0
    held: int = 0
    late: int = 0
    claimed_after: int = 0
    elsewhere_late: int = 0
    elsewhere_after: int = 0
    on_wire: int = 0
    worst_s: float = 0.0
    close: int = 0
    twice: int = 0
    refused: int = 0


def judge(racers: list[Racer], at: Receivers, claims: dict[str, list[float]]) -> Outcome:
    told = Outcome()
    for racer in racers:
        told.orders += bool(racer.acked)
        receipts = at.receipts[racer.channel].get(racer.shopper.address(racer.channel), [])
        told.sent += bool(receipts)
        told.held += not receipts
        told.twice += max(0, len(receipts) - 1)
        for receipt in receipts:
            after_s = receipt.at - racer.acked
            told.on_wire += after_s > 0
            told.worst_s = max(told.worst_s, after_s)
            told.late += after_s > LATE_S and not racer.elsewhere
            told.elsewhere_late += after_s > LATE_S and racer.elsewhere
            told.close += abs(after_s) < CLOSE_S
        after = sum(claim > racer.acked for claim in claims.get(racer.shopper.visitor, []))
        if racer.elsewhere:
            told.elsewhere_after += after if receipts else 0
        else:
            told.claimed_after += after
    return told


async def race(seed: int, orders: int, rate: float, *, workers: int = 2) -> tuple[Outcome, Counter[str]]:
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(opened(seed, journeys(), PARTITIONS, latency_ms=0))
        system = System(home.folder, home.url, PARTITIONS, home.at.origin)
        stack.push_async_callback(system.stop)
        edge = system.add("edge")
        files = [home.folder / f"claims-{number}" for number in range(workers)]
        for file in files:
            command = [sys.executable, "-m", "loadtest.race.witness", str(file)]
            system.add("worker", command, HEIMTA_OUTSIDE_ORIGINS=home.at.origin)
        await system.start()
        crowd = Crowd(
            Log(home.redis),
            home.at,
            url=edge.url,
            seed=seed,
            count=orders,
            rate=rate,
            partitions=PARTITIONS,
            lag=partial(_lag_ms, home.redis),
        )
        await crowd.run()
        await until_nothing_is_left(home.redis, PARTITIONS, patience_s=LAST_S)
        outcome = judge(crowd.racers, home.at, _claims(files))
        outcome.refused = crowd.refused
        return outcome, Counter(racer.channel for racer in crowd.racers)


async def _lag_ms(redis: Client) -> int:
    """How long the oldest entry that is not folded has waited."""
    worst = 0
    for partition in range(PARTITIONS):
        store = PartitionStore(redis, partition, "")
        for entry, _ in await store.read_log(await store.checkpoint(), 1):
            worst = max(worst, time.time_ns() // 1_000_000 - place(entry.decode())[0])
    return worst


def _claims(files: list[Path]) -> dict[str, list[float]]:
    """When each visitor's message was claimed, seconds."""
    found: dict[str, list[float]] = {}
    for file in files:
        for line in file.read_text().splitlines() if file.exists() else []:
            visitor, _, at = line.partition(" ")
            found.setdefault(visitor, []).append(float(at) / 1000)
    return found


def verdicts(told: Outcome, orders: int) -> list[Verdict]:
    """A race that one side always wins is none: both sides must have won a good part."""
    return [
        Verdict("race-orders", told.orders, ">=", orders),
        Verdict("race-messages-late", told.late, "<=", 0),
        Verdict("race-messages-late-on-another-device", told.elsewhere_late, "<=", 0),
        Verdict("race-claims-after-the-order", told.claimed_after, "<=", 0),
        Verdict("race-claims-after-the-order-on-another-device", told.elsewhere_after, "<=", 0),
        Verdict("race-messages-twice", told.twice, "<=", 0),
        Verdict("race-won-by-the-message", told.sent / max(1, told.orders), ">=", 0.2),
        Verdict("race-won-by-the-order", told.held / max(1, told.orders), ">=", 0.2),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m loadtest.race", description=__doc__)
    parser.add_argument("--orders", type=int, default=int(os.environ.get("ORDERS", WHOLE)))
    parser.add_argument("--rate", type=float, default=float(os.environ.get("RATE", "400")))
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began = time.monotonic()
    told, channels = asyncio.run(race(asked.seed, asked.orders, asked.rate))
    per_s = told.orders / (time.monotonic() - began)
    by_channel = ", ".join(f"{count:,} by {channel}" for channel, count in sorted(channels.items()))
    print(f"{told.orders:,} orders ({by_channel}), {per_s:.0f} a second; {told.refused} refusals")
    print(
        f"{told.sent:,} messages were sent, {told.held:,} stopped by the order; {told.close:,} within"
        f" {CLOSE_S * 1000:.0f} ms of it; {told.on_wire:,} came after it, {told.worst_s:.3f} s at most"
    )
    return conclude(verdicts(told, asked.orders))


if __name__ == "__main__":
    sys.exit(main())
