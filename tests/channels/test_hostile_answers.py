"""Whatever a provider, a shop or who stands in its place answers, it is an answer: nothing of it is raised.

Raised, a shop's or an ad network's ended the worker, for all shops, and the next one soon after.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from heimta.channels.messenger import Messenger
from heimta.channels.meta_audience import MetaAudience
from heimta.channels.outside import Outside
from heimta.channels.result import Delivery
from heimta.channels.shop_coupons import Minted, Wanted
from heimta.channels.shopify import Shopify
from heimta.channels.sms import SmsGateway
from heimta.channels.woocommerce import WooCommerce
from heimta.model.campaign import Offer
from heimta.model.providers import Facebook, ShopApi, Sms

NOW = 1_763_760_000_000
WANTED = Wanted(("A",), Offer("percent", 10), "EUR", "t", NOW, NOW + 1)
BODIES = {
    "deep": b'{"x":' * 3_000,
    "list": b"[" * 3_000,
    "letters": b'{"error":{"code":4,"x":"\xff"},"access_token":"\xff","create":[{"code":"\xff"}]}',
    "halves": b'{"access_token":"\\ud800","code":"\\ud800"}',
    "numbers": b'{"error":{"code":%d},"code":1e999,"price_rule":{"id":1e999}}' % 10**99,
    "nothing": b"",
}
HEADERS = b"X-Business-Use-Case-Usage: \xff\r\nRetry-After: \xff\r\nSet-Cookie: \xff=\xff\r\n"

Ask = Callable[[Outside, str], Awaitable[object]]


async def _told(outside: Outside, url: str) -> Delivery:
    told = await MetaAudience(outside).tell(url, "1", "t", ["eabc"], adds=True, now=NOW)
    return told.delivery


ASKING: dict[str, Ask] = {
    "shopify": lambda o, url: Shopify(o).make(ShopApi("shopify", url), "token", WANTED, now=NOW),
    "shopify, app": lambda o, url: Shopify(o).make(ShopApi("shopify", url), "id:secret", WANTED, now=NOW),
    "woocommerce": lambda o, url: WooCommerce(o).make(ShopApi("woocommerce", url), "k:s", WANTED, now=NOW),
    "ad audience": _told,
    "messenger": lambda o, url: Messenger(o).send(Facebook("1", url), "t", to="1", message={}, now=NOW),
    "messenger, doctor": lambda o, url: Messenger(o).knock(Facebook("1", url), "t", now=NOW),
    "sms": lambda o, url: SmsGateway(o).send(_sms(url), "t", to="+491701234567", body="x", now=NOW),
}


def _sms(url: str) -> Sms:
    return Sms(account="AC" + "a" * 32, sender="+491701234567", url=url)


@pytest.fixture
async def answer() -> AsyncIterator[tuple[str, list[bytes]]]:
    """Where somebody answers, and what: set by the test, byte for byte."""
    said: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(said[0])
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", said
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("name", ASKING)
async def test_nothing_of_it_is_raised(answer: tuple[str, list[bytes]], name: str, body: bytes) -> None:
    url, said = answer
    outside = Outside(trusted=(url,))
    told: object
    for status in (200, 400, 429, 503):
        said[:] = [b"HTTP/1.1 %d x\r\n%sContent-Length: %d\r\n\r\n%s" % (status, HEADERS, len(body), body)]
        told = await ASKING[name](outside, url)
        assert isinstance(told, Delivery) or (isinstance(told, Minted) and not told.codes)
    await outside.close()
