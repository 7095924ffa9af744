"""One request at a time, for scenarios that look at single answers."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from heimta.rules.signature import sign
from loadtest.chaos.visits import Visit
from loadtest.chaos.world import HOOK, ORIGIN

PATIENCE_S = 10.0  # of a browser that is told to come back


@dataclass(frozen=True)
class Answer:
    """status 0: there was none."""

    status: int
    body: bytes
    retry_after: str = ""

    @property
    def is_ok(self) -> bool:
        return self.status == 200

    @property
    def is_later(self) -> bool:
        """Asked to come back, as it should be said."""
        return self.status == 503 and bool(self.retry_after)


class Browser:
    """url: an edge. Nothing is sent twice by itself."""

    def __init__(self, http: aiohttp.ClientSession, url: str, shop: str) -> None:
        self._http, self._url, self.shop = http, url, shop

    async def get(self, path: str, *, signed: str = "") -> Answer:
        headers = {"Heimta-Signature": _signed(signed.encode())} if signed else {}
        return await self._ask("GET", path, b"", headers)

    async def post(self, path: str, body: bytes) -> Answer:
        return await self._ask("POST", f"/s/{self.shop}{path}", body, {"Origin": ORIGIN})

    async def claim(self, visitor: str) -> Answer:
        return await self.post("/claim", orjson.dumps({"vid": visitor, "campaign": "exit-offer"}))

    async def order(self, visit: Visit) -> Answer:
        body = visit.order_body(now_ms())
        return await self._ask(
            "POST", f"/hooks/{self.shop}/generic", body, {"Heimta-Signature": _signed(body)}
        )

    async def leave_a_cart(self, dice: random.Random, subscription: dict[str, Any] | None = None) -> Visit:
        """A visit with something in the cart, perhaps with a push subscription. Raises RuntimeError."""
        visit = Visit(dice)
        visit.open_page(now_ms())
        visit.fill_cart(now_ms())
        answers = [await self._until_taken("", visit.batch(visit.pages[0], now_ms())[0])]
        if subscription is not None:
            told = {"vid": visit.visitor, "subscription": subscription}
            answers.append(await self._until_taken("/push", orjson.dumps(told)))
        if not all(answer.is_ok for answer in answers):
            raise RuntimeError(f"a cart could not be left: {answers}")
        return visit

    async def _until_taken(self, path: str, body: bytes) -> Answer:
        """As a browser does that is told to come back."""
        until = time.monotonic() + PATIENCE_S
        while (answer := await self.post(path, body)).status == 503 and time.monotonic() < until:
            await asyncio.sleep(0.5)
        return answer

    async def poison(self, dice: random.Random, visitor: str) -> None:
        """One batch of this visitor. Raises RuntimeError."""
        visit = Visit(dice)
        visit.visitor = visitor
        visit.open_page(now_ms())
        answer = await self.post("", visit.batch(visit.pages[0], now_ms())[0])
        if not answer.is_ok:
            raise RuntimeError(f"the poison was not taken: {answer}")

    async def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        try:
            async with self._http.request(
                method, self._url + path, data=body or None, headers=headers, allow_redirects=False
            ) as answer:
                return Answer(answer.status, await answer.read(), answer.headers.get("Retry-After", ""))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return Answer(0, str(error).encode())


def _signed(body: bytes) -> str:
    return sign(HOOK, body, now_s=now_ms() // 1000)


def now_ms() -> int:
    return time.time_ns() // 1_000_000
