"""`make coupons`: a million codes without a collision, a hundred thousand guesses without a hit, and races.

The guesses and the claims go over HTTP to an edge as an operator starts it, the races between channels to its
store from here, the orders through the webhook and a worker.

    python -m loadtest.coupons [--codes N] [--guesses N] [--race N]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import secrets
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

import aiohttp
import msgspec
from msgspec import Struct

from heimta.model.campaign import Offer
from heimta.model.coupon import ALPHABET, LENGTH, Coupon, Ledger, new_code
from heimta.model.message import message_id
from heimta.model.person import hub_of
from heimta.rules.signature import sign
from heimta.store import coupons, documents, ledgers
from heimta.store.connect import Client, connect
from loadtest.hostile.house import ATTACKED, HOOK, ORIGIN, house
from loadtest.verdict import Verdict, conclude
from tests.worker.shop import CAMPAIGN

PARTITIONS = 16
T = TypeVar("T")

AT_ONCE = 200  # requests on the wire
LIMIT_S = 900.0
SEED = 20_261_122
# Chi-square with 31 degrees of freedom exceeds this once in a million draws; one a place in the code.
CHI_BAR = 86.1

POOL, CEILING, ONE_EACH = "pool-race", "ceiling-race", "one-each"


class Answered(Struct, frozen=True):
    status: int
    body: bytes
    wait_s: float


class Edge:
    """What shoppers and the shop's back end ask over HTTP. refused: answers that told to come back, by
    status; 0: none, since a line that had been idle was closed.
    """

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url
        self.refused: Counter[int] = Counter()

    async def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answered:
        async with self._http.request(method, self._url + path, data=body, headers=headers) as answer:
            wait = float(answer.headers.get("Retry-After", 0))
            return Answered(answer.status, await answer.read(), wait)

    async def _until(
        self, method: str, path: str, body: bytes, headers: dict[str, str], again: tuple[int, ...]
    ) -> Answered:
        """As whoever means it asks: again, when told to."""
        until = time.monotonic() + LIMIT_S
        while True:
            try:
                told = await self._ask(method, path, body, headers)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                told = Answered(0, b"", 0.1)
            if told.status not in (0, *again):
                return told
            self.refused[told.status] += 1
            assert time.monotonic() < until, told
            await asyncio.sleep(told.wait_s)

    async def claim(self, visitor: str, campaign: str, *, again: tuple[int, ...] = (429, 503)) -> Answered:
        body = json.dumps({"vid": visitor, "campaign": campaign}).encode()
        return await self._until("POST", f"/s/{ATTACKED}/claim", body, {"Origin": ORIGIN}, again)

    async def check(self, code: str, who: str = "") -> int:
        tail = f"{code}?who={who}" if who else code
        headers = {"Heimta-Signature": sign(HOOK, tail.encode(), now_s=int(time.time()))}
        return (await self._until("GET", f"/hooks/{ATTACKED}/coupon/{tail}", b"", headers, (503,))).status

    async def order(self, number: int, visitor: str, code: str) -> int:
        order = {
            "id": f"order-{number}",
            "currency": "EUR",
            "exponent": 2,
            "total_minor": 9000,
            "at": int(time.time() * 1000),
            "visitor": visitor,
            "codes": [code],
        }
        body = json.dumps({"type": "order_completed", "order": order}).encode()
        headers = {"Heimta-Signature": sign(HOOK, body, now_s=int(time.time()))}
        return (await self._until("POST", f"/hooks/{ATTACKED}/generic", body, headers, (503,))).status


def visitor_id(name: str, number: int) -> str:
    return f"{name}-{number:06d}".rjust(22, "v")


async def at_once(work: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """All of it, AT_ONCE at a time, in an order of chance."""
    line = asyncio.Semaphore(AT_ONCE)

    async def one(each: Callable[[], Awaitable[T]]) -> T:
        async with line:
            return await each()

    shuffled = random.Random(SEED).sample(work, len(work))
    return list(await asyncio.gather(*map(one, shuffled)))


def codes(count: int) -> list[Verdict]:
    """How many of so many new codes are the same, and how evenly the letters fall."""
    seen: set[str] = set()
    letters: list[Counter[str]] = [Counter() for _ in range(LENGTH)]
    for _ in range(count):
        code = new_code("")
        seen.add(code)
        for place, letter in enumerate(code):
            letters[place][letter] += 1
    mean = count / len(ALPHABET)
    worst = max(sum((each[x] - mean) ** 2 / mean for x in ALPHABET) for each in letters)
    bits = LENGTH * (len(ALPHABET).bit_length() - 1)
    return [
        Verdict("codes_made", count, ">=", count),
        Verdict("code_bits", bits, ">=", 60),
        Verdict("collisions", count - len(seen), "<=", 0),
        Verdict("letters_chi_square", worst, "<=", CHI_BAR),
    ]


async def guesses(edge: Edge, count: int) -> list[Verdict]:
    """A tenth by one shopper that the shop tells apart, the rest without: all codes are open meanwhile."""
    real = []
    for number in range(100):
        told = await edge.claim(visitor_id("holder", number), ONE_EACH)
        real.append(json.loads(told.body)["code"])
    verdicts = []
    hits = 0
    for name, who, share in (("known_shopper", "guesser", 0.1), ("unknown_shopper", "", 0.9)):
        first = 0
        for number in range(1, 41):
            if await edge.check(_guess(), who) == 429:
                first = number
                break
        verdicts.append(Verdict(f"first_429_{name}", first or 41, "<=", 20))
        many = [partial(edge.check, _guess(), who) for _ in range(int(count * share) - 40)]
        statuses = Counter(await at_once(many))
        hits += statuses[200]
        served = [await edge.check(code, "honest" if who else "") for code in real]
        verdicts.append(
            Verdict(f"good_codes_refused_beside_{name}", len(served) - served.count(200), "<=", 0)
        )
    return [Verdict("guesses", count, ">=", count), Verdict("hits", hits, "<=", 0), *verdicts]


def _guess() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


async def pages(edge: Edge, redis: Client, size: int) -> list[Verdict]:
    """Races on the page: a pool of exactly enough codes, a ceiling, and one visitor with many hands."""
    await ledgers.fill(redis, ATTACKED, "race", [f"RACE-{number:05d}" for number in range(size)])
    told = await at_once([partial(edge.claim, visitor_id("race", n), POOL) for n in range(size)])
    given = [json.loads(one.body)["code"] for one in told if one.status == 200]
    twice = len(given) - len(set(given))
    more = await edge.claim(visitor_id("late", 0), POOL)
    under = await at_once([partial(edge.claim, visitor_id("ceil", n), CEILING) for n in range(size)])
    within = sum(one.status == 200 for one in under)
    hands = await at_once([partial(edge.claim, visitor_id("hands", 0), ONE_EACH, again=())] * size)
    one = {json.loads(each.body)["code"] for each in hands if each.status == 200}
    return [
        Verdict("race_codes_handed_out", len(set(given)), ">=", size),
        Verdict("race_codes_handed_out_twice", twice, "<=", 0),
        Verdict("race_codes_beyond_the_pool", int(more.status == 200), "<=", 0),
        Verdict("ceiling_reached", within, ">=", size // 2),
        Verdict("ceiling_passed_by", within - size // 2, "<=", 0),
        Verdict("codes_of_one_visitor", len(one), "<=", 1),
    ]


class Messages:
    """Coupons as the worker's messages ask for them, beside each other."""

    def __init__(self, redis: Client) -> None:
        self._redis, self._now = redis, int(time.time() * 1000)
        self._line = asyncio.Semaphore(60)  # connections of this client

    async def one(self, person: int, channel: str, names: tuple[str, ...]) -> tuple[int, str]:
        """names: the browser first, then all that its person is known by."""
        id_ = message_id(ATTACKED, names[0], "cart", channel, "c")
        async with self._line:
            got = await coupons.for_message(
                self._redis,
                ATTACKED,
                names,
                Offer("percent", 10, expires_min=600),
                id_,
                PARTITIONS,
                now=self._now,
                source=f"j.cart.{channel}",
                channel=channel,
            )
        return person, got.code if isinstance(got, coupons.Coupon) else ""


Work = list[Callable[[], Awaitable[tuple[int, str]]]]


async def channels(edge: Edge, redis: Client, size: int) -> list[Verdict]:
    """Each person by page, e-mail and SMS at the same instant: how many see two coupons."""
    messages = Messages(redis)

    async def page(person: int) -> tuple[int, str]:
        told = await edge.claim(visitor_id("three", person), ONE_EACH)
        return person, json.loads(told.body).get("code", "")

    work: Work = []
    for person in range(size):
        name = (visitor_id("three", person),)
        work.append(partial(page, person))
        work += [partial(messages.one, person, channel, name) for channel in ("email", "sms")]
    return await _one_each("persons", work, size)


async def devices(redis: Client, size: int) -> list[Verdict]:
    """Each person by e-mail on one browser and by SMS on another, which told two words in common: each knows
    the names in an order of its own, and has one that the other has not.
    """
    messages = Messages(redis)
    work: Work = []
    for person in range(size):
        email, number = f"{person}@x.example", f"+354{person:07}"
        words = [hub_of(ATTACKED, "email", email), hub_of(ATTACKED, "phone", number)]
        laptop, phone = visitor_id("laptop", person), visitor_id("phone", person)
        work.append(partial(messages.one, person, "email", (laptop, *words)))
        work.append(partial(messages.one, person, "sms", (phone, *reversed(words))))
    return await _one_each("persons_of_two_browsers", work, size)


async def _one_each(who: str, work: Work, size: int) -> list[Verdict]:
    seen: Counter[int] = Counter()
    for person, code in await at_once(work):
        seen[person] += bool(code)
    return [
        Verdict(f"{who}_with_a_coupon", len([n for n in seen.values() if n]), ">=", size),
        Verdict(f"{who}_with_two_coupons", sum(n > 1 for n in seen.values()), "<=", 0),
    ]


async def redeemed(edge: Edge, redis: Client, size: int) -> list[Verdict]:
    """Every coupon of the pool in two orders of different visitors: each is used by one, and counted once."""
    held = [
        await coupons.claimed(redis, ATTACKED, visitor_id("race", n), POOL, PARTITIONS) for n in range(size)
    ]
    have = [coupon for coupon in held if coupon is not None]
    work: list[Callable[[], Awaitable[int]]] = []
    for number, coupon in enumerate(have):
        for other in range(2):
            name = visitor_id(f"buy{other}", number)
            work.append(partial(edge.order, 2 * number + other, name, coupon.code.lower()))
    assert set(await at_once(work)) == {200}
    until = time.monotonic() + LIMIT_S
    while (done := await _ledger(redis, f"c.{POOL}")).redeemed < len(have):
        assert time.monotonic() < until, done
        await asyncio.sleep(0.2)
    used = [await coupons.find(redis, ATTACKED, coupon.code, PARTITIONS) for coupon in have]
    open_ = sum(not (isinstance(one, Coupon) and one.order) for one in used)
    return [
        Verdict("orders_with_a_code", len(work), ">=", 2 * size),
        Verdict("coupons_not_used_up", open_, "<=", 0),
        Verdict("coupons_counted_twice", done.redeemed - len(have), "<=", 0),
    ]


async def _ledger(redis: Client, source: str) -> Ledger:
    return next(each for each in await ledgers.read(redis, ATTACKED) if each.source == source)


async def install(redis: Client, size: int) -> None:
    for name, offer in (
        (POOL, Offer("percent", 10, pool="race", expires_min=600)),
        (CEILING, Offer("amount", 500, expires_min=600, max_coupons=size // 2)),
        (ONE_EACH, Offer("percent", 10, expires_min=600)),
    ):
        campaign = msgspec.structs.replace(CAMPAIGN, id=name, shop=ATTACKED, offer=offer)
        await documents.put(redis, campaign, now=int(time.time() * 1000))


async def prove(url: str, redis_url: str, many: int, size: int) -> list[Verdict]:
    redis = connect(redis_url, timeout_s=30)
    connector = aiohttp.TCPConnector(limit=AT_ONCE)
    try:
        async with aiohttp.ClientSession(connector=connector) as http:
            edge = Edge(http, url)
            await install(redis, size)
            while (await edge.claim(visitor_id("ready", 0), ONE_EACH)).status == 409:
                await asyncio.sleep(0.1)
            verdicts = [
                *await guesses(edge, many),
                *await pages(edge, redis, size),
                *await channels(edge, redis, size),
                *await devices(redis, size),
                *await redeemed(edge, redis, size),
            ]
            print(f"told to come back: {dict(edge.refused)}", flush=True)
            return verdicts
    finally:
        await redis.aclose()


def main(args: list[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--codes", type=int, default=1_000_000)
    asked.add_argument("--guesses", type=int, default=100_000)
    asked.add_argument("--race", type=int, default=1000)
    given = asked.parse_args(args)
    verdicts = codes(given.codes)
    with house() as home:
        url = f"http://127.0.0.1:{home.port}"
        verdicts += asyncio.run(prove(url, home.redis_url, given.guesses, given.race))
        verdicts.append(Verdict("processes_that_ended", home.ended(), "<=", 0))
    return conclude(verdicts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
