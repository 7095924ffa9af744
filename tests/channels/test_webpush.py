"""A push as the push service and the browser see it: real HTTP on loopback, decrypted with http_ece."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import http_ece
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from heimta.channels.address import PublicResolver
from heimta.channels.places import Places
from heimta.channels.result import BUSY, SENT, Delivery, failed, gone
from heimta.channels.vapid import VapidKeys, make_keys
from heimta.channels.webpush import MAX_CLEARTEXT, WebPush, topic_of
from heimta.model.event import Keys, Subscription

NOW = 1_763_760_000_000
PAYLOAD = '{"web_push":8030,"notification":{"title":"Karfan þín"}}'.encode()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")


class Browser:
    """The receiving end: its keys, and what it decrypts."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"sixteen bytes!!!"
        numbers = self.key.public_key().public_numbers()
        self.public = b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")

    def at(self, endpoint: str) -> Subscription:
        return Subscription(endpoint, Keys(b64(self.public), b64(self.auth)))

    def decrypt(self, body: bytes) -> bytes:
        return bytes(http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth))


class Service:
    """A push service that answers as told and keeps what it got."""

    def __init__(self) -> None:
        self.answer = web.Response(status=201)
        self.got: list[SimpleNamespace] = []
        self.connections: set[int] = set()
        self.wait_s = 0.0
        self.origin = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        self.connections.add(id(request.transport))
        self.got.append(
            SimpleNamespace(path=request.raw_path, headers=request.headers.copy(), body=await request.read())
        )
        await asyncio.sleep(self.wait_s)
        told = self.answer
        return web.Response(status=told.status, headers=told.headers.copy(), body=told.body)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    service = Service()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", service.handle)
    async with TestServer(app) as server:
        service.origin = f"http://127.0.0.1:{server.port}"
        yield service


@pytest.fixture
async def push(service: Service) -> AsyncIterator[WebPush]:
    async with WebPush(extra_origins=[service.origin], timeout_s=20) as push:
        yield push


KEYS: VapidKeys = make_keys("mailto:shop@shop.example")
BROWSER = Browser()


async def send(
    push: WebPush, subscription: Subscription, payload: bytes = PAYLOAD, **change: Any
) -> Delivery:
    wanted: dict[str, Any] = {"topic": "m-1", "ttl_s": 600, "urgency": "normal", "keys": KEYS, "now": NOW}
    return await push.send(subscription, payload, **(wanted | change))


async def test_the_browser_can_read_it(push: WebPush, service: Service) -> None:
    assert await send(push, BROWSER.at(service.origin + "/wpush/a:b?c=%2f")) == SENT
    (got,) = service.got
    assert BROWSER.decrypt(got.body) == PAYLOAD
    assert got.path == "/wpush/a:b?c=%2f"
    for name, value in {
        "Content-Encoding": "aes128gcm",
        "TTL": "600",
        "Urgency": "normal",
        "Topic": "m-1",
        "User-Agent": "heimta",
    }.items():
        assert got.headers[name] == value


async def test_every_message_is_encrypted_with_a_fresh_key(push: WebPush, service: Service) -> None:
    for _ in range(2):
        await send(push, BROWSER.at(service.origin + "/x"))
    first, second = (got.body for got in service.got)
    assert first[:16] != second[:16], "salt"
    assert first[21:86] != second[21:86], "ephemeral key"


def test_http_ece_reads_and_writes_the_rfcs_own_example() -> None:
    """RFC 8291 Appendix A. The library decides both ways, so a wrong version of it is seen here."""
    receiver = ec.derive_private_key(
        int.from_bytes(unb64("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big"), ec.SECP256R1()
    )
    sender = ec.derive_private_key(
        int.from_bytes(unb64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), ec.SECP256R1()
    )
    auth, salt = unb64("BTBZMqHH6r4Tts7J_aSIgg"), unb64("DGv6ra1nlYgDCS1FRnbzlw")
    public = unb64("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4")
    text = b"When I grow up, I want to be a watermelon"
    message = unb64(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert http_ece.decrypt(message, private_key=receiver, auth_secret=auth) == text
    assert http_ece.encrypt(text, salt=salt, private_key=sender, dh=public, auth_secret=auth) == message


async def test_the_header_is_the_merchants_signature_for_this_origin(push: WebPush, service: Service) -> None:
    await send(push, BROWSER.at(service.origin + "/x"))
    header = service.got[0].headers["Authorization"]
    assert Vapid02.verify(header) and header.endswith(f",k={KEYS.public}")
    claims = json.loads(unb64(header.removeprefix("vapid t=").split(".")[1]))
    assert claims["aud"] == service.origin
    assert NOW // 1000 < claims["exp"] <= NOW // 1000 + 24 * 3600


async def test_a_hundred_pushes_share_a_signature_and_connections(push: WebPush, service: Service) -> None:
    for _ in range(100):
        await send(push, BROWSER.at(service.origin + "/x"))
    assert push.vapid.signed == 1
    assert len(service.connections) == 1


@pytest.mark.parametrize(
    ("status", "delivery"),
    [
        (200, SENT),
        (201, SENT),
        (202, SENT),
        (400, failed("http_400", permanent=True)),
        (401, failed("vapid", permanent=True)),
        (403, failed("vapid", permanent=True)),
        (404, gone("http_404")),
        (410, gone("http_410")),
        (413, failed("size", permanent=True)),
        (429, failed("http_429", permanent=False, retry_after_s=30)),
        (500, failed("http_500", permanent=False, retry_after_s=30)),
        (503, failed("http_503", permanent=False, retry_after_s=30)),
    ],
)
async def test_an_answer_becomes_a_delivery(
    push: WebPush, service: Service, status: int, delivery: object
) -> None:
    service.answer = web.Response(status=status, headers={"Retry-After": "30"}, body=b"why")
    assert await send(push, BROWSER.at(service.origin + "/x")) == delivery


async def test_a_redirect_is_not_followed(push: WebPush, service: Service) -> None:
    service.answer = web.Response(status=307, headers={"Location": service.origin + "/elsewhere"})
    assert await send(push, BROWSER.at(service.origin + "/x")) == failed("http_307", permanent=True)
    assert [got.path for got in service.got] == ["/x"]


async def test_no_cookie_is_kept(push: WebPush, service: Service) -> None:
    service.answer = web.Response(status=201, headers={"Set-Cookie": "a=b; Path=/"})
    for _ in range(2):
        await send(push, BROWSER.at(service.origin + "/x"))
    assert "Cookie" not in service.got[1].headers


async def test_a_huge_answer_is_not_read(push: WebPush, service: Service) -> None:
    service.answer = web.Response(status=410, body=b"x" * 5_000_000)
    for _ in range(2):
        assert await send(push, BROWSER.at(service.origin + "/x")) == gone("http_410")
    assert len(service.connections) == 2, "hung up instead of reading on"


async def test_silence_is_a_passing_failure(service: Service) -> None:
    service.wait_s = 5
    async with WebPush(extra_origins=[service.origin], timeout_s=0.1) as push:
        assert await send(push, BROWSER.at(service.origin + "/x")) == failed("timeout", permanent=False)


async def test_a_closed_port_is_a_passing_failure() -> None:
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with WebPush(extra_origins=[origin]) as push:
            delivery = await send(push, BROWSER.at(origin + "/x"))
    assert delivery == failed("connection", permanent=False)


async def test_connect_to_changes_the_wire_and_not_the_signature(service: Service) -> None:
    jmt = "https://jmt17.google.com"
    async with WebPush(connect_to={jmt: service.origin}) as push:
        assert await send(push, BROWSER.at(jmt + "/fcm/send/token:1")) == SENT
    (got,) = service.got
    assert got.path == "/fcm/send/token:1"
    claims = json.loads(unb64(got.headers["Authorization"].removeprefix("vapid t=").split(".")[1]))
    assert claims["aud"] == jmt


@pytest.mark.parametrize("endpoint", ["/x", "/latest/meta-data/"])
async def test_an_endpoint_off_the_list_is_never_contacted(service: Service, endpoint: str) -> None:
    async with WebPush() as push:
        delivery = await send(push, BROWSER.at(service.origin + endpoint))
    assert delivery == failed("endpoint", permanent=True)
    assert service.got == []


async def test_a_push_service_that_hangs_holds_up_no_other(service: Service) -> None:
    other = Service()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", other.handle)
    async with TestServer(app) as running:
        other.origin, service.wait_s = f"http://127.0.0.1:{running.port}", 3.0
        places = Places(patience_s=0.5)
        async with WebPush(extra_origins=[service.origin, other.origin], places=places) as push:
            to = BROWSER.at(service.origin + "/x")
            hanging = [asyncio.create_task(send(push, to)) for _ in range(120)]
            while len(service.got) < 100:
                await asyncio.sleep(0.01)
            assert await send(push, BROWSER.at(other.origin + "/x")) == SENT
            assert len([task for task in hanging if task.done() and task.result() == SENT]) == 0
            told = await asyncio.gather(*hanging)
            assert told.count(failed(BUSY, permanent=False)) == 20


class Rebound(AbstractResolver):
    """A DNS that says a push service lives on this machine."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        return [ResolveResult(hostname=host, host=self.address, port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        self.asked.clear()


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.7", "169.254.169.254", "100.64.0.1", "::1", "64:ff9b::7f00:1", "2002:7f00:1::"],
)
async def test_a_push_service_that_resolves_inwards_is_not_contacted(address: str) -> None:
    dns = Rebound(address)
    async with WebPush(resolver=PublicResolver(lambda: dns)) as push:
        delivery = await send(push, BROWSER.at("https://fcm.googleapis.com/fcm/send/x"))
        assert dns.asked == ["fcm.googleapis.com"]
    assert delivery == failed("address", permanent=False)


async def test_the_check_is_what_stops_it() -> None:
    """The negative control: without the check, the same name leads to a connection attempt."""
    async with WebPush(resolver=Rebound("127.0.0.1")) as push:
        delivery = await send(push, BROWSER.at("https://fcm.googleapis.com/fcm/send/x"))
    assert delivery == failed("connection", permanent=False)


async def test_a_subscription_with_broken_keys_is_dropped(push: WebPush, service: Service) -> None:
    endpoint = service.origin + "/x"
    for keys in (Keys(b64(b"\x04" + b"\x01" * 64), b64(b"a" * 16)), Keys("A" * 80, b64(b"a" * 16))):
        assert await send(push, Subscription(endpoint, keys)) == gone("keys")
    assert service.got == []


async def test_what_no_push_service_takes_is_not_sent(push: WebPush, service: Service) -> None:
    at = BROWSER.at(service.origin + "/x")
    assert await send(push, at, b"x" * MAX_CLEARTEXT) == SENT
    assert len(service.got[0].body) == 4096
    for payload in (b"", b"x" * (MAX_CLEARTEXT + 1)):
        assert await send(push, at, payload) == failed("size", permanent=True)
    assert len(service.got) == 1


async def test_no_topic_is_no_header(push: WebPush, service: Service) -> None:
    await send(push, BROWSER.at(service.origin + "/x"), topic="")
    assert "Topic" not in service.got[0].headers


@pytest.mark.parametrize(
    "change", [{"topic": "x" * 33}, {"topic": "a b"}, {"topic": "a\r\nX: y"}, {"ttl_s": -1}], ids=str
)
async def test_a_wrong_call_is_an_error_and_not_a_header(
    push: WebPush, service: Service, change: Any
) -> None:
    with pytest.raises(ValueError):
        await send(push, BROWSER.at(service.origin + "/x"), **change)
    assert service.got == []


def test_a_topic_is_the_message_or_its_digest() -> None:
    assert topic_of("m-1_A") == "m-1_A"
    long = topic_of("m" * 64)
    assert len(long) == 32 and long == topic_of("m" * 64) != topic_of("m" * 63)
    assert len(topic_of("á:1")) == 32
