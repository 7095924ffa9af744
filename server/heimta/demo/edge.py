"""All the shop's back end says to the edge: is this code good, here is an order, and may I copy the worker.

Signed as docs/wire.md says, with the webhook secret the merchant was given.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Literal
from urllib.parse import quote

import aiohttp
import msgspec

from heimta import __version__
from heimta.demo.pricing import Kind

PATIENCE_S = 4  # a shopper waits for a code to be checked; more than this is worse than "try again"


class EdgeAway(Exception):
    """The edge did not answer, or not with sense. Nobody's fault that a shopper could mend."""


class Coupon(msgspec.Struct, frozen=True):
    """What the edge knows of a code; the answer of the coupon check in docs/wire.md."""

    code: str
    kind: Kind
    value: int
    min_cart_minor: int
    expires_at: int
    state: Literal["open", "redeemed"]


class Answer(msgspec.Struct, frozen=True):
    status: int
    retry_after_s: int = 0


def sign(secret: str, payload: bytes, *, at_s: int) -> str:
    """The value of Heimta-Signature."""
    digest = hmac.new(secret.encode(), f"{at_s}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"


class Edge:
    """url: the edge's public address. shop_id: the id it knows this shop by."""

    def __init__(self, url: str, shop_id: str, secret: str) -> None:
        self.url = url.rstrip("/")
        self.shop_id = shop_id
        self._secret = secret
        self._session: aiohttp.ClientSession | None = None
        self._worker: bytes | None = None

    @property
    def tag(self) -> str:
        return f"{self.url}/s/{self.shop_id}.js"

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:  # made late: it needs a running loop
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=PATIENCE_S),
                headers={"User-Agent": f"fjord-and-fell/{__version__}"},
            )
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def coupon(self, code: str, *, now: int) -> Coupon | None:
        """The code's rule, or None for one that never was or is over. Raises EdgeAway."""
        url = f"{self.url}/hooks/{self.shop_id}/coupon/{quote(code, safe='')}"
        headers = {"Heimta-Signature": sign(self._secret, code.encode(), at_s=now // 1000)}
        try:
            async with self._http().get(url, headers=headers) as reply:
                if reply.status == 404:
                    return None
                if reply.status != 200:
                    raise EdgeAway(f"coupon check answered {reply.status}")
                return msgspec.json.decode(await reply.read(), type=Coupon)
        except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError) as error:
            raise EdgeAway(f"coupon check: {type(error).__name__} {error}") from error

    async def tell_order(self, body: bytes, *, now: int) -> Answer:
        """Post one order webhook. Raises EdgeAway when nobody answers."""
        headers = {
            "Heimta-Signature": sign(self._secret, body, at_s=now // 1000),
            "Content-Type": "application/json",
        }
        url = f"{self.url}/hooks/{self.shop_id}/generic"
        try:
            async with self._http().post(url, data=body, headers=headers) as reply:
                after = reply.headers.get("Retry-After", "")
                return Answer(reply.status, int(after) if after.isdigit() else 0)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise EdgeAway(f"order webhook: {type(error).__name__} {error}") from error

    async def service_worker(self) -> bytes:
        """The edge's push worker, fetched once and then the shop's own copy, as a merchant would keep it."""
        if self._worker is None:
            try:
                async with self._http().get(f"{self.url}/w/sw.js") as reply:
                    if reply.status != 200:
                        raise EdgeAway(f"service worker answered {reply.status}")
                    self._worker = await reply.read()
            except (aiohttp.ClientError, TimeoutError) as error:
                raise EdgeAway(f"service worker: {type(error).__name__} {error}") from error
        return self._worker
