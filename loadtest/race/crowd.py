"""Shoppers whose steps fall due one after the other, and who order at a random moment around that.

Their facts are in the log long before; the order goes through a real edge, signed as a shop's back end signs
it, and the moment counts at which its 200 was read. One in ten orders elsewhere: the webhook names only the
customer, and the order has to find the browser that left the cart.

As many fall due in a second as the machine keeps up with: where the log waits to be folded, orders win every
race, and one on another device is carried over late because everything is.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import orjson

from heimta.model.channel import Channel
from heimta.model.journey import Journey, Send, Wait
from heimta.rules.signature import sign
from heimta.store.log import Log
from loadtest.sending.ground import HOOK, IDLE_MIN, SENTENCE, SHOP, Shopper, facts, shoppers
from loadtest.sending.receivers import Receivers

# Of a hundred shoppers; a mail costs what ten pushes do, and the race is the same.
SHARES: dict[Channel, int] = {"push": 55, "sms": 25, "messenger": 15, "email": 5}
WAIT_MIN = 10.0
AROUND_S = 1.0  # an order comes at most so long before or after its step
AHEAD_S = 6.0  # facts are written so long before the step is due
ELSEWHERE = 0.1
TOGETHER = 200  # orders on the way to the edge at once
TICK_S = 0.2
FIRST_RATE = 20.0
BEHIND_MS = 300  # the log waits for longer: fewer
SLOWER, FASTER = 0.9, 1.03  # at each tick
LEAST_RATE = 10.0


@dataclass
class Racer:
    """due, acked: seconds of time.time(); acked 0: not ordered yet. elsewhere: only the customer is named."""

    shopper: Shopper
    channel: Channel
    due: float
    orders_at: float
    elsewhere: bool
    acked: float = 0.0


def journeys() -> list[Journey]:
    """One a channel: the silence is long over, and the step is due some minutes after it."""
    return [
        Journey(
            id=channel,
            shop=SHOP,
            name=f"By {channel}",
            live=True,
            trigger="cart_abandoned",
            holdout_pct=0,
            priority=100 - place,
            steps=(Wait("wait", WAIT_MIN), Send("send", channel, SENTENCE, SENTENCE)),
        )
        for place, channel in enumerate(SHARES)
    ]


class Crowd:
    """url: an edge. rate: steps that fall due in a second, at most. lag: how long the log waits, ms."""

    def __init__(
        self,
        log: Log,
        at: Receivers,
        *,
        url: str,
        seed: int,
        count: int,
        rate: float,
        partitions: int,
        lag: Callable[[], Awaitable[int]],
    ) -> None:
        self._log = log
        self._lag = lag
        self._at = at
        self._url = url
        self._dice = random.Random(seed)
        self._count = count
        self._most = rate
        self._rate = min(rate, FIRST_RATE)
        self._next_due = 0.0
        self._partitions = partitions
        self.racers: list[Racer] = []
        self.refused = 0

    async def run(self) -> None:
        """Until the last has ordered."""
        self._next_due = time.time() + AHEAD_S + 2
        free = asyncio.Semaphore(TOGETHER)
        connector = aiohttp.TCPConnector(limit=TOGETHER)
        async with aiohttp.ClientSession(connector=connector) as http, asyncio.TaskGroup() as tasks:
            while len(self.racers) < self._count:
                is_behind = await self._lag() > BEHIND_MS
                self._rate *= SLOWER if is_behind else FASTER
                self._rate = min(self._most, max(LEAST_RATE, self._rate))
                fresh = self._until(time.time() + AHEAD_S + 1)
                if fresh:
                    await self._write(fresh)
                for racer in fresh:
                    tasks.create_task(self._order(http, free, racer))
                await asyncio.sleep(TICK_S)

    def _until(self, until: float) -> list[Racer]:
        """Those whose step is due before `until`, and not written yet."""
        fresh: list[Racer] = []
        channels, weights = list(SHARES), list(SHARES.values())
        while self._next_due < until and len(self.racers) + len(fresh) < self._count:
            [shopper] = shoppers(self._dice, len(self.racers) + len(fresh), 1)
            due = self._next_due
            self._next_due += 1 / self._rate
            fresh.append(
                Racer(
                    shopper,
                    self._dice.choices(channels, weights)[0],
                    due,
                    due + self._dice.uniform(-AROUND_S, AROUND_S),
                    self._dice.random() < ELSEWHERE,
                )
            )
        self.racers += fresh
        return fresh

    async def _write(self, racers: list[Racer]) -> None:
        entries = []
        for racer in racers:
            left_at = round(racer.due * 1000 - (IDLE_MIN + WAIT_MIN) * 60_000)
            entries += facts(
                racer.shopper, self._at, self._partitions, left_at=left_at, channels=[racer.channel]
            )
        await self._log.append(entries)

    async def _order(self, http: aiohttp.ClientSession, free: asyncio.Semaphore, racer: Racer) -> None:
        await asyncio.sleep(max(0.0, racer.orders_at - time.time()))
        now = time.time()
        order = {
            "id": f"o{racer.shopper.number}",
            "currency": "EUR",
            "exponent": 2,
            "total_minor": 4200,
            "at": round(now * 1000),
        }
        order |= (
            {"customer": {"id": racer.shopper.customer}}
            if racer.elsewhere
            else {"visitor": racer.shopper.visitor}
        )
        body = orjson.dumps({"type": "order_completed", "order": order})
        headers = {"Heimta-Signature": sign(HOOK, body, now_s=int(now))}
        async with free:
            while not await self._is_acked(http, body, headers):
                self.refused += 1
                await asyncio.sleep(0.2)  # a shop's back end sends it again; it has an id
            racer.acked = time.time()

    async def _is_acked(self, http: aiohttp.ClientSession, body: bytes, headers: dict[str, str]) -> bool:
        try:
            async with http.post(f"{self._url}/hooks/{SHOP}/generic", data=body, headers=headers) as answer:
                await answer.read()
                return answer.status == 200
        except aiohttp.ClientError:
            return False
