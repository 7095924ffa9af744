"""Where a request of ours may go, and what is known of it when it fails."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer, unused_port

from heimta.channels.address import PublicResolver
from heimta.channels.outside import MAX_ANSWER, Answer, Outside
from heimta.channels.places import Places
from heimta.channels.result import BUSY, Delivery, failed, unknown
from heimta.model.outside import origin, refused
from tests.stubs.faulty import LINE_CUT, SILENCE, Fault, Faults, packed

NOW = 1_763_760_000_000


class Server:
    """Answers as told, and keeps what it got and over which connections."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.got: list[bytes] = []
        self.headers: list[str] = []
        self.connections: set[int] = set()
        self.origin = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.connections.add(id(request.transport))
        self.got.append(await request.read())
        self.headers = sorted(name.lower() for name in request.headers)
        if fault := self.faults.next():
            return await self.faults.answer(fault, request)
        return web.Response(status=201, text="{}")


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application(middlewares=[packed])
    app.router.add_route("*", "/{path:.*}", server.handle)
    async with TestServer(app) as running:
        server.origin = f"http://127.0.0.1:{running.port}"
        yield server
        server.faults.let_go.set()


@pytest.fixture
async def outside(server: Server, request: pytest.FixtureRequest) -> AsyncIterator[Outside]:
    """Patient, since the machine may be busy; but for the test that waits for the end of its patience."""
    outside = Outside(trusted=[server.origin], timeout_s=getattr(request, "param", 20))
    yield outside
    await outside.close()


async def post(outside: Outside, url: str) -> Answer | Delivery:
    return await outside.post(url, b"body", {}, now=NOW)


async def test_an_answer_is_told_with_what_it_asks(outside: Outside, server: Server) -> None:
    server.faults.add(Fault(429, "slow down", {"Retry-After": "7"}))
    answer = await post(outside, f"{server.origin}/a?b=%2f")
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body, answer.retry_after_s) == (429, b"slow down", 7)
    assert server.got == [b"body"]


async def test_an_answer_comes_as_it_can_be_read(outside: Outside, server: Server) -> None:
    """Most providers pack what they say for whoever asks in a browser's way."""
    server.faults.add(Fault(400, '{"code": 21610}' * 100))
    answer = await post(outside, f"{server.origin}/")
    assert isinstance(answer, Answer) and answer.body == b'{"code": 21610}' * 100


async def test_a_question_without_a_body_has_no_kind_of_one(outside: Outside, server: Server) -> None:
    await outside.ask("GET", f"{server.origin}/", b"", {"Accept": "application/json"}, now=NOW)
    assert server.headers == ["accept", "accept-encoding", "connection", "host", "user-agent"]


async def test_of_a_long_answer_only_the_beginning_is_read(outside: Outside, server: Server) -> None:
    server.faults.add(Fault(400, "x" * (MAX_ANSWER * 20)))
    answer = await post(outside, f"{server.origin}/")
    assert isinstance(answer, Answer) and len(answer.body) == MAX_ANSWER


async def test_what_never_connected_was_not_sent(server: Server) -> None:
    nobody = f"http://127.0.0.1:{unused_port()}"
    outside = Outside(trusted=[nobody], timeout_s=20)
    assert await post(outside, f"{nobody}/") == failed("connection", permanent=False)
    await outside.close()


@pytest.mark.parametrize(
    ("fault", "reason", "outside"),
    [(LINE_CUT, "connection", 20), (SILENCE, "timeout", 2)],
    indirect=["outside"],
    ids=["line cut", "silence"],
)
async def test_what_broke_later_may_have_arrived(
    outside: Outside, server: Server, fault: Fault, reason: str
) -> None:
    server.faults.add(fault)
    assert await post(outside, f"{server.origin}/") == unknown(reason)
    assert server.got == [b"body"]


async def test_a_server_that_hangs_holds_up_nobody_elses_messages(server: Server) -> None:
    """One shop's gateway filled all connections, and another's messages spent their tries on getting one."""
    other = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", other.handle)
    async with TestServer(app) as running:
        other.origin = f"http://127.0.0.1:{running.port}"
        places = Places(patience_s=0.5)
        outside = Outside(trusted=[server.origin, other.origin], places=places)
        for _ in range(150):
            server.faults.add(SILENCE)
        hanging = [asyncio.create_task(post(outside, f"{server.origin}/")) for _ in range(150)]
        while len(server.got) < 100:
            await asyncio.sleep(0.01)
        assert isinstance(await post(outside, f"{other.origin}/"), Answer)
        # What got no place was not sent, and may be sent again at no try's cost.
        done, _ = await asyncio.wait(hanging, timeout=5)
        assert [task.result() for task in done] == [failed(BUSY, permanent=False)] * 50
        server.faults.let_go.set()
        await asyncio.gather(*hanging)
        assert len(server.got) == 100 and not places._gates
        await outside.close()


async def test_no_connection_is_used_twice(outside: Outside, server: Server) -> None:
    """One that the other side has just closed would leave a message in doubt."""
    for _ in range(3):
        await post(outside, f"{server.origin}/")
    assert len(server.connections) == 3


async def test_a_redirect_is_an_answer_and_no_way(outside: Outside, server: Server) -> None:
    server.faults.add(Fault(302, "", {"Location": f"{server.origin}/elsewhere"}))
    answer = await post(outside, f"{server.origin}/")
    assert isinstance(answer, Answer) and answer.status == 302
    assert len(server.got) == 1


class Lies(AbstractResolver):
    """Says that every name is this address, as a rebinding DNS does."""

    def __init__(self, address: str) -> None:
        self.address = address

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=self.address, port=port, family=family, proto=0, flags=0),
        ]

    async def close(self) -> None:
        return None


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1"])
async def test_a_name_that_leads_into_our_own_network_is_not_asked(address: str) -> None:
    outside = Outside(resolver=PublicResolver(lambda: Lies(address)))
    assert await post(outside, "https://hooks.shop.example/x") == failed("address", permanent=False)
    await outside.close()


REFUSED = [
    "http://shop.example/x",
    "https://127.0.0.1/x",
    "https://127.1/x",
    "https://2130706433/x",
    "https://0x7f.1/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://localhost/x",
    "https://redis/x",
    "https://user:pass@shop.example/x",
    "https://shop.example@10.0.0.1/x",
    "https://shop.example/x#y",
    "https://shop.example\\@10.0.0.1/x",
    "https://shop.example/ x",
    "https://shop.example/\nx",
    "https://shöp.example/x",
    "https://shop.example:99999/x",
    "https://shop.example.:443/x",
    "https://10.0.0.1./x",
    "ftp://shop.example/x",
    "//shop.example/x",
    "file:///etc/passwd",
    "https://",
    "",
]


@pytest.mark.parametrize("url", REFUSED, ids=ascii)
async def test_an_address_that_parsers_could_read_differently_is_refused(url: str) -> None:
    assert refused(url)
    outside = Outside()
    assert await post(outside, url) == failed("address", permanent=True)
    await outside.close()


@pytest.mark.parametrize("url", ["https://shop.example", "https://a.b.shop.example:8443/x?y=1%20z&w=[1]"])
def test_a_plain_public_address_is_good(url: str) -> None:
    assert refused(url) == ""


def test_a_trusted_origin_is_compared_whole() -> None:
    assert origin("http://127.0.0.1:5001/x") == "http://127.0.0.1:5001"
    assert origin("http://127.0.0.1:5001@evil.example/x") != "http://127.0.0.1:5001"
    assert origin("http://127.0.0.1:50011/x") != "http://127.0.0.1:5001"
