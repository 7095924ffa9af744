"""Slow, silent and huge requests against a real edge with no proxy in front: make dos.

Thousands of connections that send nothing, or next to nothing, are closed in time while honest shoppers wait
no longer than before. What is huge is refused for next to no work. And what watching over connections costs.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import uvloop

from loadtest.hostile import cost
from loadtest.hostile.honest import Shoppers, p99_ms
from loadtest.hostile.house import ORIGIN, house
from loadtest.verdict import Verdict, conclude
from tests.hostile.raw import statuses, wire

EACH = 1000  # silent connections, slow headers, slow bodies
CLOSED_S = 12.0
ROUNDS = 3
CROWD = 9000  # more than the edge takes
COMMON = f"Host: edge\r\nOrigin: {ORIGIN}\r\nUser-Agent: Mozilla/5.0 Firefox/147.0\r\n".encode()
TRIES = 5


def post(body: bytes, more: bytes = b"") -> bytes:
    return b"POST /s/demo HTTP/1.1\r\nContent-Length: %d\r\n%s%s\r\n%s" % (len(body), COMMON, more, body)


def huge() -> dict[str, tuple[bytes, set[int]]]:
    """What to send, and the statuses that are right for it."""
    bomb = gzip.compress(bytes(100 * 2**20), 9)
    many_keys = b"{" + b",".join(b'"%d":0' % i for i in range(1_000_000)) + b"}"
    return {
        "gzip-bomb": (post(bomb, b"Content-Encoding: gzip\r\n"), {415}),
        "gzip-bomb-unsaid": (post(bomb), {400, 413}),
        "million-keys": (post(many_keys), {413}),
        "many-keys": (post(many_keys[:65_000] + b'":0}'), {400}),
        "depth-100000": (post(b"[" * 100_000 + b"]" * 100_000), {413}),
        "depth-30000": (post(b'{"v":' + b"[" * 30_000 + b"]" * 30_000 + b"}"), {400}),
        "escaped-quotes": (post(b"[" * 65 + b'"' + b'\\"' * 32_000), {400}),
        "headers-100000": (b"POST /s/demo HTTP/1.1\r\n" + b"a: b\r\n" * 100_000 + b"\r\n", {431}),
        "address-64k": (b"GET /" + b"a" * 65_536 + b" HTTP/1.1\r\n\r\n", {414}),
    }


async def slow(port: int, *args: object) -> asyncio.subprocess.Process:
    """The attackers, once all their connections are open."""
    words = [str(word) for word in (port, *args)]
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "loadtest.hostile.slow", *words, stdout=PIPE
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"open\n"
    return child


async def slow_ones(port: int, spared: int, rounds: int, each: int, closed_s: float) -> list[Verdict]:
    """Shoppers at the attacked edge and, at the same time on the same machine, at one that is spared."""
    here, there = Shoppers(port, COMMON), Shoppers(spared, COMMON)
    await asyncio.gather(here.shop(2.0), there.shop(2.0))
    longest = {kind: 0.0 for kind in ("silent", "heads", "bodies")}
    waits: dict[Shoppers, list[float]] = {here: [], there: []}
    failures = 0
    for _ in range(rounds):
        opening = asyncio.create_task(slow(port, 3 * closed_s, each, *longest))
        await asyncio.gather(here.shop(1.0), there.shop(1.0))
        print(f"  p99 {p99_ms(here.waits):.2f} ms while they come, {p99_ms(there.waits):.2f} ms spared")
        attackers = await opening
        await asyncio.gather(here.shop(closed_s), there.shop(closed_s))
        told, _ = await attackers.communicate()
        for kind, lives in json.loads(told).items():
            longest[kind] = max(longest[kind], *lives)
        failures += here.failures
        for shoppers, all_waits in waits.items():
            all_waits += shoppers.waits
        print(f"  p99 {p99_ms(here.waits):.2f} ms attacked, {p99_ms(there.waits):.2f} ms spared", flush=True)
    return [
        *(Verdict(f"dos-{kind}-closed", life, "<=", closed_s, "s") for kind, life in longest.items()),
        Verdict("dos-honest-p99-ratio", p99_ms(waits[here]) / p99_ms(waits[there]), "<=", 2),
        Verdict("dos-honest-failures", failures, "<=", 0),
    ]


async def full_house(port: int) -> Verdict:
    """More silent connections than there is room for, again and again: a new shopper still gets in."""
    shoppers = Shoppers(port, COMMON, fresh=True)
    crowd = await slow(port, 10, CROWD)
    await shoppers.shop(5.0)
    told, _ = await crowd.communicate()
    print(f"  {int(told):,} silent connections; {len(shoppers.waits)} shoppers got in", flush=True)
    return Verdict("dos-full-house-failures", shoppers.failures, "<=", 0)


def cpu_ms(pid: int) -> float:
    """CPU that the process's first thread has used, ms."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


async def huge_ones(port: int, pid: int) -> list[Verdict]:
    verdicts = []
    wrong = 0
    for name, (sent, right) in huge().items():
        used = []
        for _ in range(TRIES):
            async with wire(port) as stranger:
                before = cpu_ms(pid)
                answer = asyncio.create_task(stranger.reader.read(65536))  # else a reset may overtake it
                await stranger.send(sent)
                got = statuses(await answer)
                used.append(cpu_ms(pid) - before)
                wrong += len(got) != 1 or got[0] not in right
        verdicts.append(Verdict(f"dos-{name}", max(used), "<=", 50, "ms of CPU"))
    return [*verdicts, Verdict("dos-wrong-answers", wrong, "<=", 0)]


def main() -> int:
    verdicts = []
    with house() as found, house() as other:
        verdicts += asyncio.run(huge_ones(found.port, found.edge.pid))
        verdicts += uvloop.run(slow_ones(found.port, other.port, ROUNDS, EACH, CLOSED_S))
        verdicts.append(uvloop.run(full_house(found.port)))
        verdicts.append(Verdict("dos-restarts", found.ended(), "<=", 0))
        print(found.log_tail("edge"))
    verdicts.append(Verdict("dos-limits-cpu-ratio", asyncio.run(cost.rounds()), "<=", 1.03))
    return conclude(verdicts)


if __name__ == "__main__":
    sys.exit(main())
