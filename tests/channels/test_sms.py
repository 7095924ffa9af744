"""An SMS as a gateway of Twilio's kind takes it, and what each of its answers means."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestServer, unused_port

from heimta.channels.outside import Outside
from heimta.channels.result import FULL_S, MOMENT_S, SENT, Delivery, away, failed, gone, unknown
from heimta.channels.sms import MAX_BODY, SmsGateway
from heimta.model.providers import Sms
from tests.stubs.faulty import LINE_CUT, Fault
from tests.stubs.twilio import ACCOUNT, TOKEN, TwilioStub, error

NOW = 1_763_760_000_000
TO = "+491701234567"


class Desk:
    def __init__(self, stub: TwilioStub, origin: str, outside: Outside) -> None:
        self.stub = stub
        self.sms = Sms(ACCOUNT, "+4915199999999", url=origin)
        self.gateway = SmsGateway(outside)

    async def send(self, body: str = "Karfan þín bíður", **change: Sms | str) -> Delivery:
        sms, token = change.get("sms", self.sms), change.get("token", TOKEN)
        assert isinstance(sms, Sms) and isinstance(token, str)
        return await self.gateway.send(sms, token, to=TO, body=body, now=NOW)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    stub = TwilioStub()
    async with TestServer(stub.app()) as server:
        origin = f"http://127.0.0.1:{server.port}"
        outside = Outside(trusted=[origin], timeout_s=20)
        yield Desk(stub, origin, outside)
        stub.faults.let_go.set()
        await outside.close()
    assert not stub.wrong


async def test_it_arrives_as_it_was_written(desk: Desk) -> None:
    assert await desk.send() == SENT
    assert desk.stub.sent == [{"To": TO, "From": "+4915199999999", "Body": "Karfan þín bíður"}]


async def test_a_messaging_service_sends_by_its_own_name(desk: Desk) -> None:
    service = "MG" + "a" * 32
    assert await desk.send(sms=Sms(ACCOUNT, service, url=desk.sms.url)) == SENT
    assert desk.stub.sent[0]["MessagingServiceSid"] == service and "From" not in desk.stub.sent[0]


async def test_the_gateway_is_told_where_to_say_what_became_of_it(desk: Desk) -> None:
    where = "https://edge.example/hooks/demo/sms"
    await desk.gateway.send(desk.sms, TOKEN, to=TO, body="x", status_url=where, now=NOW)
    assert desk.stub.sent[0]["StatusCallback"] == where


ANSWERS = [
    (error(20429, status=429), away("rate", MOMENT_S)),
    (error(20429, status=429, Retry_After="30"), away("rate", 30)),
    (Fault(429), away("rate", MOMENT_S)),
    (error(21611), away("limit", FULL_S)),
    (error(60728, status=403), away("limit", FULL_S)),
    # A day that is used up has the status of a second that is.
    (error(63038, status=429), away("limit", FULL_S)),
    (error(63038, status=429, Retry_After="3600"), away("limit", 3600)),
    (error(63038, status=429, Retry_After="1"), away("limit", FULL_S)),
    (Fault(503, "", {"Retry-After": "5"}), failed("http_503", permanent=False, retry_after_s=5)),
    (Fault(503), unknown("http_503")),
    (Fault(500, "<html>"), unknown("http_500")),
    (Fault(502), unknown("http_502")),
    (error(21610), gone("opted_out")),
    (error(21211), gone("number")),
    (error(21614), gone("no_mobile")),
    (error(21408), failed("country", permanent=True)),
    (error(21606), failed("sender", permanent=True)),
    (error(21660), failed("sender", permanent=True)),
    (error(21608), failed("trial", permanent=True)),
    (error(21268), gone("number")),
    # The account has no money left.
    (error(10001, status=400), away("login")),
    (error(20005, status=403), away("login")),
    (error(90010, status=403), away("login")),
    (error(20003, status=401), away("login")),
    (error(20003, status=403), away("login")),
    (error(20008, status=403), away("login")),
    (Fault(401, "not json"), away("login")),
    (Fault(404), failed("http_404", permanent=True)),
    (Fault(400, '{"code":"21610"}'), failed("http_400", permanent=True)),
    (Fault(400, '{"code":99999999}'), failed("http_400", permanent=True)),
    (Fault(302, "", {"Location": "http://127.0.0.1:1/"}), failed("http_302", permanent=True)),
    (LINE_CUT, unknown("connection")),
]


@pytest.mark.parametrize(("fault", "meaning"), ANSWERS, ids=range(len(ANSWERS)))
async def test_each_answer_means_one_thing(desk: Desk, fault: Fault, meaning: Delivery) -> None:
    desk.stub.faults.add(fault)
    assert await desk.send() == meaning
    assert desk.stub.asked == 1


async def test_a_wrong_token_is_said_to_be_one_and_ends_no_message(desk: Desk) -> None:
    assert await desk.send(token="wrong") == away("login")


@pytest.mark.parametrize(("token", "meaning"), [(TOKEN, SENT), ("wrong", away("login"))])
async def test_whoever_only_knocks_sends_nothing(desk: Desk, token: str, meaning: Delivery) -> None:
    assert await desk.gateway.knock(desk.sms, token, now=NOW) == meaning
    assert desk.stub.asked == 0


async def test_a_gateway_without_that_address_says_nothing_of_the_login(desk: Desk) -> None:
    desk.stub.faults.add(Fault(404, "<html>"))
    assert await desk.gateway.knock(desk.sms, "wrong", now=NOW) == SENT


async def test_a_gateway_that_is_away_was_sent_nothing() -> None:
    away = f"http://127.0.0.1:{unused_port()}"
    outside = Outside(trusted=[away], timeout_s=20)
    sms = Sms(ACCOUNT, "Shop", url=away)
    assert await SmsGateway(outside).send(sms, TOKEN, to=TO, body="x", now=NOW) == failed(
        "connection", permanent=False
    )
    await outside.close()


@pytest.mark.parametrize("body", ["", "x" * (MAX_BODY + 1)])
async def test_what_the_gateway_would_refuse_is_not_asked(desk: Desk, body: str) -> None:
    assert await desk.send(body) == failed("size", permanent=True)
    assert desk.stub.asked == 0
