"""A million bodies, half of them nearly right, against a real edge; a real worker folds what it took.

`make fuzz`, or `python -m loadtest.fuzz --bodies 4000 --seed 7`. A body that was answered with a 5xx, not at
all or not within a second is kept in tests/hostile/found, where every test run replays it.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from hashlib import sha256
from pathlib import Path

import uvloop

from heimta.rules.signature import sign
from heimta.settings import load
from loadtest.hostile.bodies import Bodies
from loadtest.hostile.house import ATTACKED, HOOK, ORIGIN, House, house
from loadtest.hostile.lane import Asked, drive
from loadtest.hostile.witness import Witness, dead_letters
from loadtest.verdict import Verdict, conclude

BODIES = 1_000_000
WARM = 100_000  # bodies until the edge's memory is taken as its own
LANES = 16
WATCHED_EVERY = 20  # requests, of which one is honest
SLOW_S = 1.0
FOUND = Path(__file__).parents[1] / "tests" / "hostile" / "found"
PATHS = {
    "batch": f"/s/{ATTACKED}",
    "claim": f"/s/{ATTACKED}/claim",
    "push": f"/s/{ATTACKED}/push",
    "preferences": f"/s/{ATTACKED}/preferences",
    "order": f"/hooks/{ATTACKED}/generic",
}
COMMON = f"Host: edge\r\nOrigin: {ORIGIN}\r\nUser-Agent: Mozilla/5.0 Firefox/147.0\r\n".encode()


class Fuzz:
    """One run: what is asked next, and what is made of the answers."""

    def __init__(self, house: House, seed: int, count: int) -> None:
        self.house = house
        self.bodies = Bodies(seed, time.time_ns() // 1_000_000)
        self.witness = Witness(seed)
        self.count = count
        self.asked = self.answered = self.broken = self.slow = 0
        self.slowest = 0.0
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.warm_memory = 0
        self.began = time.monotonic()

    def ask(self) -> Asked | None:
        if self.answered >= self.count or self.house.ended():
            return None
        self.asked += 1
        if self.asked % WATCHED_EVERY == 0:
            return self.witness.next()
        route, body = self.bodies.next()
        signature = b""
        if route == "order":
            signed = sign(HOOK, body, now_s=int(time.time()))
            signature = f"Heimta-Signature: {signed}\r\n".encode()
        return Asked(PATHS[route], body, route, signature)

    def told(self, asked: Asked, status: int, seconds: float, answer: bytes) -> None:
        self.statuses[asked.what, status] += 1
        self.slowest = max(self.slowest, seconds)
        is_broken = status >= 500 or status == 0
        self.broken += is_broken
        self.slow += seconds > SLOW_S
        if (is_broken and status != 503) or seconds > SLOW_S:  # 503: the store was late, whatever the body
            keep(asked, status, answer)
        if asked.what == "watched":
            self.witness.told(asked, status)
            return
        self.answered += 1
        if self.answered == min(WARM, self.count // 10):
            self.warm_memory = self.house.edge_memory()
        if self.answered % 50_000 == 0:
            rate = self.answered / (time.monotonic() - self.began)
            memory = self.house.edge_memory() / 2**20
            print(f"  {self.answered:>9,} bodies  {rate:,.0f}/s  edge {memory:.1f} MiB", flush=True)

    def growth_pct(self) -> float:
        return max(0.0, 100 * (self.house.edge_memory() - self.warm_memory) / self.warm_memory)


def keep(asked: Asked, status: int, answer: bytes) -> None:
    """Write a failing body where the tests find it."""
    print(f"  {asked.what}: {status} {answer[:200]!r} for {asked.body[:200]!r}", flush=True)
    FOUND.mkdir(exist_ok=True)
    (FOUND / f"{asked.what}-{sha256(asked.body).hexdigest()[:12]}.bin").write_bytes(asked.body)


async def attack(found: House, seed: int, count: int) -> Fuzz:
    """Ask until `count` bodies were answered."""
    fuzz = Fuzz(found, seed, count)
    await drive(found.port, fuzz.ask, fuzz.told, lanes=LANES, common=COMMON)
    return fuzz


def run(seed: int, count: int) -> list[Verdict]:
    partitions = load({}).partitions
    with house() as found:
        fuzz = uvloop.run(attack(found, seed, count))
        growth = fuzz.growth_pct()
        table = "  ".join(f"{what} {status}: {n:,}" for (what, status), n in sorted(fuzz.statuses.items()))
        print(f"  {table}\n  slowest answer {fuzz.slowest * 1000:.0f} ms", flush=True)
        counted = asyncio.run(fuzz.witness.counted(found.redis_url, partitions))
        dead = asyncio.run(dead_letters(found.redis_url, partitions))
        taken, sent = fuzz.witness.taken, fuzz.witness.sent
        print(f"  honest events taken {taken.total():,}, counted {counted.total():,}", flush=True)
        for name in ("edge", "worker"):
            if fuzz.broken or dead or found.ended():
                print(f"  {name}: {found.log_tail(name)}", flush=True)
        return [
            Verdict("fuzz-bodies", fuzz.answered, ">=", count),
            Verdict("fuzz-5xx", fuzz.broken, "<=", 0),
            Verdict("fuzz-slow-answers", fuzz.slow, "<=", 0),
            Verdict("fuzz-memory-growth-pct", growth, "<=", 5),
            Verdict("fuzz-valid-events-lost", (taken - counted).total(), "<=", 0),
            Verdict("fuzz-valid-events-twice", (counted - sent).total(), "<=", 0),
            Verdict("fuzz-restarts", found.ended(), "<=", 0),
            Verdict("fuzz-dead-letters", dead, "<=", 0),
        ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bodies", type=int, default=BODIES)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    told = parser.parse_args()
    print(f"fuzz: {told.bodies:,} bodies, seed {told.seed}", flush=True)
    return conclude(run(told.seed, told.bodies))


if __name__ == "__main__":
    sys.exit(main())
