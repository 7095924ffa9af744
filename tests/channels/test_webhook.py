"""A webhook as the merchant's own system takes it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from heimta.channels.outside import Outside
from heimta.channels.result import SENT, Delivery, failed
from heimta.channels.webhook import Webhook
from heimta.model.providers import Hook
from heimta.rules.signature import check, sign
from tests.stubs.faulty import LINE_CUT, Fault, Faults

NOW = 1_763_760_000_000
SECRET = "hook-secret-of-the-merchant-0000"
BODY = b'{"type":"message_due"}'


class Desk:
    def __init__(self) -> None:
        self.faults = Faults()
        self.got: list[tuple[bytes, dict[str, str]]] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.got.append((await request.read(), dict(request.headers)))
        if fault := self.faults.next():
            return await self.faults.answer(fault, request)
        return web.Response(status=204)

    async def send(self) -> Delivery:
        signature = sign(SECRET, BODY, now_s=NOW // 1000)
        return await self.webhook.send(Hook(self.url), event="m-1", body=BODY, signature=signature, now=NOW)

    webhook: Webhook


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    app = web.Application()
    app.router.add_post("/heimta", desk.handle)
    async with TestServer(app) as server:
        origin = f"http://127.0.0.1:{server.port}"
        desk.url = f"{origin}/heimta"
        outside = Outside(trusted=[origin], timeout_s=20)
        desk.webhook = Webhook(outside)
        yield desk
        desk.faults.let_go.set()
        await outside.close()


async def test_the_merchant_can_tell_that_it_is_ours(desk: Desk) -> None:
    assert await desk.send() == SENT
    ((body, headers),) = desk.got
    assert body == BODY and headers["Heimta-Event"] == "m-1"
    assert check([SECRET], headers["Heimta-Signature"], body, now_s=NOW // 1000) is None


ANSWERS = [
    (Fault(200, "x" * 100_000), SENT),
    (Fault(429, "", {"Retry-After": "11"}), failed("http_429", permanent=False, retry_after_s=11)),
    (Fault(503), failed("http_503", permanent=False)),
    (Fault(408), failed("http_408", permanent=False)),
    (Fault(410), failed("http_410", permanent=True)),
    (Fault(401), failed("http_401", permanent=True)),
    (Fault(301, "", {"Location": "http://127.0.0.1:1/"}), failed("http_301", permanent=True)),
    (LINE_CUT, failed("connection", permanent=False)),
]


@pytest.mark.parametrize(("fault", "meaning"), ANSWERS, ids=range(len(ANSWERS)))
async def test_each_answer_means_one_thing(desk: Desk, fault: Fault, meaning: Delivery) -> None:
    """What may have arrived is sent again: it has a name by which the other side knows it."""
    desk.faults.add(fault)
    assert await desk.send() == meaning
    assert len(desk.got) == 1


async def test_an_address_of_our_own_network_is_not_asked(desk: Desk) -> None:
    desk.url = "https://127.0.0.1/heimta"
    assert await desk.send() == failed("address", permanent=True)
