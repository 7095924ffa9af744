"""Requests that are taken whole: which are offered, how they are answered, and what goes the ordinary way."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvloop
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from heimta.serving.connection import Connection
from heimta.serving.exchange import MOST, Exchange, whole_of
from heimta.serving.keeper import Keeper
from heimta.serving.limits import Limits
from tests.hostile.raw import Wire, served, wire

BIG = 8 * 1024 * 1024  # more than a kernel's buffers hold


def told(path: str, body: bytes) -> bytes:
    return b"x" * BIG if path == "/big" else body


class Echo:
    """Answers with the way that a body came and the body. Holds what is sent to /held, declines /declined."""

    def __init__(self) -> None:
        self.whole = self
        self.held: list[Exchange] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message["body"]
            more = message["more_body"]
        await Response(b"asgi " + told(scope["path"], body))(scope, receive, send)

    def wants(self, scope: Scope) -> bool:
        return bool(scope["method"] == "POST")

    def take(self, exchange: Exchange) -> bool:
        if exchange.path == "/fault":
            raise KeyError("a bug")
        if exchange.path == "/declined":
            return False
        if exchange.path == "/held":
            self.held.append(exchange)
        else:
            self.answer(exchange)
        return True

    @staticmethod
    def answer(exchange: Exchange) -> None:
        answer = told(exchange.path, exchange.body)
        body = b"whole " + answer
        if not exchange.reply(200, b"content-length: %d\r\n" % len(body), body):
            exchange.pass_on(Response(b"passed on " + answer))

    async def has(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.held) < count:
                await asyncio.sleep(0.005)


@pytest.fixture
def app() -> Echo:
    return Echo()


@pytest.fixture
async def client(app: Echo) -> AsyncIterator[Wire]:
    async with served(app, Limits()) as port, wire(port) as opened:
        yield opened


def post(path: bytes, body: bytes, *more: bytes) -> bytes:
    lines = [b"POST " + path + b" HTTP/1.1", b"Host: h", b"Content-Length: %d" % len(body), *more]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def test_what_is_here_is_taken_whole_and_the_next_one_too(client: Wire) -> None:
    for body in (b"one", b"", b"x" * MOST):
        await client.send(post(b"/a", body))
        assert await client.answer() == (200, b"whole " + body)


async def test_a_request_in_single_bytes_is_one_all_the_same(client: Wire) -> None:
    for byte in post(b"/a", b"one"):
        await client.send(bytes([byte]))
        await asyncio.sleep(0.001)
    assert await client.answer() == (200, b"whole one")


CHUNKED = b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n"
ORDINARY = {
    "declined": (post(b"/declined", b"one"), b"asgi one"),
    "a fault of the application": (post(b"/fault", b"one"), b"asgi one"),
    "too large": (post(b"/a", b"x" * (MOST + 1)), b"asgi " + b"x" * (MOST + 1)),
    "no length": (CHUNKED, b"asgi one"),
    "not wanted": (post(b"/a", b"one").replace(b"POST", b"PUT", 1), b"asgi one"),
}


@pytest.mark.parametrize("name", ORDINARY)
async def test_everything_else_goes_the_ordinary_way_with_its_body(client: Wire, name: str) -> None:
    sent, answered = ORDINARY[name]
    for _ in range(2):  # and the connection is as good as before
        await client.send(sent)
        assert await client.answer() == (200, answered)


async def test_an_answer_may_come_later(client: Wire, app: Echo) -> None:
    await client.send(post(b"/held", b"one"))
    await app.has(1)
    app.answer(app.held[0])
    assert await client.answer() == (200, b"whole one")


async def test_requests_sent_ahead_are_answered_once_and_in_turn(client: Wire, app: Echo) -> None:
    await client.send(post(b"/held", b"one") + post(b"/a", b"two") + post(b"/a", b"three"))
    await app.has(1)
    app.answer(app.held[0])
    assert [await client.answer() for _ in range(3)] == [
        (200, b"passed on one"),
        (200, b"asgi two"),
        (200, b"asgi three"),
    ]


def test_who_has_gone_is_not_answered_and_nothing_breaks() -> None:
    """On the loop that edges run on: it minds a write to a connection that has gone, asyncio's does not."""
    app, faults = Echo(), list[dict[str, Any]]()

    async def go() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: faults.append(context))
        async with served(app, Limits()) as port:
            async with wire(port) as gone:
                await gone.send(post(b"/held", b"one"))
                await app.has(1)
            async with wire(port) as half:
                await half.send(post(b"/held", b"two")[:-1])
            async with wire(port) as other:
                await other.send(post(b"/a", b"three"))
                assert await other.answer() == (200, b"whole three")
            async with asyncio.timeout(10):
                while not app.held[0]._cycle.disconnected:
                    await asyncio.sleep(0.005)
            app.answer(app.held[0])

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(go())
    assert len(app.held) == 1 and faults == []


@pytest.mark.parametrize("line", [b"Connection: close", b"HTTP/1.0"])
async def test_who_wants_no_more_is_answered_and_hung_up_on(client: Wire, line: bytes) -> None:
    sent = post(b"/a", b"one", b"Connection: close")
    if line == b"HTTP/1.0":
        sent = post(b"/a", b"one").replace(b"HTTP/1.1", b"HTTP/1.0")
    await client.send(sent)
    got = await client.to_end()
    assert got.startswith(b"HTTP/1.1 200 OK\r\n") and got.endswith(b"whole one")
    assert b"connection: close\r\n" in got


async def test_who_reads_slowly_gets_every_answer(client: Wire) -> None:
    """What does not fit the buffers is passed on to a task, which waits until the rest is read; what was sent
    meanwhile was sent ahead, and goes the ordinary way.
    """
    for _ in range(8):
        await client.send(post(b"/big", b""))
    await asyncio.sleep(0.3)  # not reading is what is tried here
    ways = []
    for _ in range(8):
        status, body = await client.answer()
        assert status == 200 and body.endswith(b"x" * BIG)
        ways.append(body.removesuffix(b"x" * BIG))
    assert ways == [b"whole ", b"passed on "] + [b"asgi "] * 6


async def test_a_stop_waits_for_what_was_taken(app: Echo) -> None:
    """It is answered when the server has begun to stop, and before the server has ended."""
    answered = []

    async def answer_at_the_end() -> None:
        cycle = app.held[0]._cycle
        async with asyncio.timeout(20):
            while cycle.keep_alive:  # uvicorn takes it away from what is still in hand
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.2)
        answered.append("before the end")
        app.answer(app.held[0])

    async with served(app, Limits()) as port:
        client = Wire(*await asyncio.open_connection("127.0.0.1", port))
        await client.send(post(b"/held", b"one"))
        await app.has(1)
        late = asyncio.create_task(answer_at_the_end())
    assert answered, "the server ended before its last request"
    await late
    assert await client.answer() == (200, b"whole one")
    await client.close()


async def test_what_was_answered_is_not_kept_and_half_a_body_goes_with_its_connection(
    app: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, admit = list[weakref.ref[Connection]](), Keeper.admit

    def see(self: Keeper, connection: Connection) -> None:
        seen.append(weakref.ref(connection))
        admit(self, connection)

    monkeypatch.setattr(Keeper, "admit", see)
    async with served(app, Limits()) as port, wire(port) as idle:
        await idle.send(post(b"/a", b"x" * MOST))
        assert (await idle.answer())[0] == 200
        [kept] = [one for ref in seen if (one := ref())]
        assert not kept.cycle.body
        del kept
        gc.disable()
        try:
            async with wire(port) as half:
                await half.send(post(b"/a", b"x" * MOST)[:-1])
                async with asyncio.timeout(10):
                    while len(seen) < 2:
                        await asyncio.sleep(0.005)
            async with asyncio.timeout(10):
                while seen[1]() is not None:
                    await asyncio.sleep(0.005)
        finally:
            gc.enable()


def test_an_application_behind_a_proxy_is_found(app: Echo) -> None:
    assert whole_of(ProxyHeadersMiddleware(app)) is app
    assert whole_of(lambda scope, receive, send: None) is None
