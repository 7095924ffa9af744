"""A message as Meta's Graph API takes it, and what each of its answers means."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from heimta.channels.messenger import Messenger, judge
from heimta.channels.outside import Answer, Outside
from heimta.channels.result import BUSY, FULL_S, SENT, Delivery, away, failed, gone, unknown
from heimta.model.providers import Facebook
from tests.stubs.faulty import LINE_CUT, Fault
from tests.stubs.graph import APP_SECRET, PAGE, TOKEN, GraphStub, error, limited

NOW = 1_763_760_000_000
PSID = "7654321"
BUTTON = {"type": "web_url", "url": "https://edge.example/r/x", "title": "Back to the cart"}
MESSAGE: dict[str, Any] = {
    "attachment": {
        "type": "template",
        "payload": {"template_type": "button", "text": "Your cart waits", "buttons": [BUTTON]},
    }
}


class Desk:
    def __init__(self, stub: GraphStub, origin: str, outside: Outside) -> None:
        self.stub = stub
        self.facebook = Facebook(PAGE, url=origin)
        self.messenger = Messenger(outside)

    async def send(self, *, token: str = TOKEN, app_secret: str = APP_SECRET) -> Delivery:
        return await self.messenger.send(
            self.facebook, token, to=PSID, message=MESSAGE, app_secret=app_secret, now=NOW
        )


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    stub = GraphStub()
    async with TestServer(stub.app()) as server:
        origin = f"http://127.0.0.1:{server.port}"
        outside = Outside(trusted=[origin], timeout_s=20)
        yield Desk(stub, origin, outside)
        stub.faults.let_go.set()
        await outside.close()
    assert not stub.wrong


@pytest.mark.parametrize("app_secret", [APP_SECRET, ""])
async def test_it_arrives_as_it_was_made(desk: Desk, app_secret: str) -> None:
    assert await desk.send(app_secret=app_secret) == SENT
    assert desk.stub.sent == [(PSID, MESSAGE)]


ANSWERS = [
    (error(613), away("limit", FULL_S)),
    (limited(3), away("limit", 180)),
    (error(4, 2018022), away("limit", FULL_S)),
    (error(80006, status=400, Retry_After="9"), away("limit", 9)),
    (error(1200, status=500), failed("busy", permanent=False)),
    (error(100, 2018001), gone("no_person")),
    (error(551, 1545041), gone("left")),
    (error(551), gone("left")),
    (error(10, 2018108), gone("left")),
    (error(200, 1545041), gone("left")),
    (error(200, 2018028), failed("permission", permanent=True)),
    (error(10, 2018278), failed("window", permanent=True)),
    (error(10, 2018300), failed("other_app", permanent=True)),
    (error(10), failed("permission", permanent=True)),
    (error(190, 463), away("token")),
    (error(190, 463, status=401), away("token")),
    (error(100), failed("refused", permanent=True)),
    (error(368), failed("policy", permanent=True)),
    (error(99999), failed("meta_99999", permanent=True)),
    (error(1, 1357046), unknown("meta_1")),
    (error(2, status=500), unknown("meta_2")),
    (error(99999, status=500), unknown("meta_99999")),
    (Fault(500, "<html>"), unknown("http_500")),
    (Fault(429), failed("http_429", permanent=False)),
    (Fault(400, "{}"), failed("http_400", permanent=True)),
    (Fault(400, '{"error":{"code":"x"}}'), failed("http_400", permanent=True)),
    (LINE_CUT, unknown("connection")),
]


@pytest.mark.parametrize(("fault", "meaning"), ANSWERS, ids=range(len(ANSWERS)))
async def test_each_answer_means_one_thing(desk: Desk, fault: Fault, meaning: Delivery) -> None:
    desk.stub.faults.add(fault)
    assert await desk.send() == meaning
    assert desk.stub.asked == 1
    assert meaning.reason != BUSY, "that is tried each second, at no try's cost: nobody was asked"


async def test_a_header_that_nobody_can_read_asks_for_nothing(desk: Desk) -> None:
    told = error(613)
    desk.stub.faults.add(Fault(400, told.body, {"X-Business-Use-Case-Usage": '{"1":[{"x":'}))
    assert await desk.send() == away("limit", FULL_S)


async def test_a_wrong_token_is_said_to_be_one_and_ends_no_message(desk: Desk) -> None:
    assert await desk.send(token="wrong") == away("token")


@pytest.mark.parametrize(("token", "meaning"), [(TOKEN, SENT), ("wrong", away("token"))])
async def test_whoever_only_knocks_sends_nothing(desk: Desk, token: str, meaning: Delivery) -> None:
    assert await desk.messenger.knock(desk.facebook, token, app_secret=APP_SECRET, now=NOW) == meaning
    assert desk.stub.asked == 0


def test_a_header_of_no_letters_says_nothing() -> None:
    told = Answer(400, b'{"error":{"code":4}}', {"X-Business-Use-Case-Usage": "\udcff"}, None)
    assert judge(told) == away("limit", FULL_S)
