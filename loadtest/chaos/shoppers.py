"""The load: shoppers who write down what they send and what they were told, in a process of their own.

They keep what was not acknowledged and send it again, as the snippet does, with its waits cut short so that
ten seconds hold what takes a shop an hour. Lines on standard input steer: `phase NAME` files answers under
that name, `end` says that nothing is broken any more: they go on until all is well for a while, bring home
what is left, and print a Summary. Run by runner.py as `python -m loadtest.chaos.shoppers CONFIG`.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import aiohttp
import msgspec
from msgspec import Struct

from heimta.rules.signature import sign
from loadtest.chaos.journal import Journal
from loadtest.chaos.visits import ORDER_MINOR, Page, Visit

HANG_S = 2.0  # no answer for this long is a hang
WELL_S = 1.0  # nothing but 200s for this long: all is well again
PATIENCE_S = 30.0  # for that, and for what is left to be brought home
RETRY_S = 0.4  # where the edge says 5 s and the snippet 2 s and more
CALM = "calm"
AT_WORK = b"at work\n"  # said once, on standard output


class Config(Struct):
    """batches_per_s: in all, while nothing fails. urls: the edges, one chosen for each request."""

    urls: list[str]
    shop: str
    origin: str
    secret: str
    journal: str
    seed: int
    shoppers: int = 48
    batches_per_s: float = 120.0
    events: int = 12  # a batch, at most twice that


class Phase(Struct):
    """What was answered to requests sent in one phase. Times are seconds."""

    answers: dict[str, int] = {}
    p50: float = 0.0
    p99: float = 0.0
    worst: float = 0.0


class Summary(Struct):
    """strange: answers that are neither 200 nor one to come back after. stall_s: our own worst pause."""

    phases: dict[str, Phase] = {}
    acked: int = 0
    hangs: int = 0
    strange: dict[str, int] = {}
    without_retry_after: int = 0
    recovery_s: float = 0.0
    left: int = 0
    stall_s: float = 0.0

    def count(self, answer: str) -> int:
        return sum(phase.answers.get(answer, 0) for phase in self.phases.values())


class Shoppers:
    def __init__(self, config: Config, http: aiohttp.ClientSession) -> None:
        self._config, self._http = config, http
        self._dice = random.Random(config.seed)
        self._journal = Journal(Path(config.journal))
        self._answers: dict[str, Counter[str]] = defaultdict(Counter)
        self._took: dict[str, list[float]] = defaultdict(list)
        self._last_bad = 0.0
        self._ended_at = 0.0
        self._phase = CALM
        self.ended = asyncio.Event()
        self._closing = False
        self.summary = Summary()

    def steer(self, line: str) -> None:
        if line.startswith("phase "):
            self._phase = line.split()[1]
        else:
            self._phase, self._ended_at = CALM, time.monotonic()
            self.ended.set()

    async def run(self) -> Summary:
        stall = asyncio.create_task(self._watch_self())
        shoppers = [
            asyncio.create_task(self._shop(random.Random(f"{self._config.seed} {i}")))
            for i in range(self._config.shoppers)
        ]
        await self.ended.wait()
        until = self._ended_at + PATIENCE_S
        while time.monotonic() < min(until, max(self._ended_at, self._last_bad) + WELL_S):
            await asyncio.sleep(0.05)
        self.summary.recovery_s = round(max(0.0, self._last_bad - self._ended_at), 3)
        self._closing = True
        _, late = await asyncio.wait(shoppers, timeout=PATIENCE_S)
        self.summary.left = len(late)
        for task in [*late, stall]:
            task.cancel()
        await asyncio.gather(*shoppers, stall, return_exceptions=True)
        for task in shoppers:
            if not task.cancelled() and (broken := task.exception()) is not None:
                raise broken
        self._journal.close()
        self.summary.phases = {name: self._sum_up(name) for name in self._answers}
        return self.summary

    def _sum_up(self, name: str) -> Phase:
        took = sorted(self._took[name]) or [0.0]
        share = [round(took[min(len(took) - 1, int(len(took) * part))], 4) for part in (0.5, 0.99)]
        return Phase(dict(self._answers[name]), share[0], share[1], round(took[-1], 4))

    async def _watch_self(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.05)
            self.summary.stall_s = max(self.summary.stall_s, round(time.monotonic() - before - 0.05, 3))

    async def _shop(self, dice: random.Random) -> None:
        """One visitor after the other."""
        pause_s = self._config.shoppers / self._config.batches_per_s
        await asyncio.sleep(dice.random() * pause_s)
        while not self._closing:
            visit = Visit(dice)
            for _ in range(dice.randint(1, 3)):
                visit.open_page(_now())
                for _ in range(dice.randint(1, 4)):
                    visit.act(_now(), dice.randint(1, 2 * self._config.events - 1))
                    if not await self._bring(visit):
                        await asyncio.sleep(RETRY_S * (0.5 + dice.random()))
                    elif not self._closing:
                        await asyncio.sleep(pause_s * 2 * dice.random())
            vanishes = dice.random() < 0.1  # a browser that never comes back: what it had is gone with it
            while not await self._bring(visit) and not vanishes:
                await asyncio.sleep(RETRY_S * (0.5 + dice.random()))
            while visit.buys and not await self._order(visit) and not vanishes:
                await asyncio.sleep(RETRY_S * (0.5 + dice.random()))

    async def _bring(self, visit: Visit) -> bool:
        """Everything that waits, batch by batch. False when the edge asked to come back, or was not there."""
        for page in visit.pages:
            while page.outbox:
                if not await self._send(visit, page):
                    return False
        return True

    async def _send(self, visit: Visit, page: Page) -> bool:
        body, events = visit.batch(page, _now())
        seq = self._journal.sending(visit.visitor, page.src, [(e["n"], e["t"]) for e in events])
        status, answer = await self._post(f"/s/{self._config.shop}", body, {"Origin": self._config.origin})
        if status == 200:
            if answer != b'{"ok":%d}' % len(events):
                self._strange(f"200 {answer[:200].decode(errors='replace')}")
            self._journal.acked(seq)
            self.summary.acked += len(events)
            del page.outbox[: len(events)]
        return status == 200

    async def _order(self, visit: Visit) -> bool:
        body = visit.order_body(_now())
        signature = sign(self._config.secret, body, now_s=_now() // 1000)
        seq = self._journal.ordering(visit.visitor, visit.order, ORDER_MINOR)
        path = f"/hooks/{self._config.shop}/generic"
        status, _ = await self._post(path, body, {"Heimta-Signature": signature})
        if status == 200:
            self._journal.acked(seq)
            self.summary.acked += 1
        return status == 200

    async def _post(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status and body; status 0 without an answer."""
        phase, began, status, answer = self._phase, time.monotonic(), 0, b""
        url = self._dice.choice(self._config.urls)
        try:
            async with self._http.post(url + path, data=body, headers=headers) as response:
                answer = await response.read()
                status = response.status
                if status in (429, 503) and "Retry-After" not in response.headers:
                    self.summary.without_retry_after += 1
        except (aiohttp.ClientError, OSError):
            status = 0  # killed under our hands, or not there
        except TimeoutError:
            status = -1
        took = time.monotonic() - began
        self._file(phase, status, answer, took)
        return max(0, status), answer

    def _file(self, phase: str, status: int, answer: bytes, took: float) -> None:
        if not self._answers:
            os.write(sys.stdout.fileno(), AT_WORK)
        self._answers[phase][str(status)] += 1
        if status == -1 or took > HANG_S + self.summary.stall_s:
            self.summary.hangs += 1
        if status > 0:
            self._took[phase].append(took)
        if status != 200:
            self._last_bad = time.monotonic()
        if status not in (-1, 0, 200, 429, 503):
            self._strange(f"{status} {answer[:200].decode(errors='replace')}")

    def _strange(self, told: str) -> None:
        self.summary.strange[told] = self.summary.strange.get(told, 0) + 1


def _now() -> int:
    return time.time_ns() // 1_000_000


async def main(config: Config) -> None:
    timeout = aiohttp.ClientTimeout(total=HANG_S + 0.5)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as http:
        shoppers = Shoppers(config, http)
        steered = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(steered), sys.stdin)

        async def listen() -> None:
            async for line in steered:
                shoppers.steer(line.decode().strip())
            shoppers.steer("end")  # whoever steered is gone

        listening = asyncio.create_task(listen())
        summary = await shoppers.run()
        listening.cancel()
    sys.stdout.buffer.write(msgspec.json.encode(summary) + b"\n")


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(sys.argv[1], type=Config)))
