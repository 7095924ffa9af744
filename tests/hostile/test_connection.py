"""What a connection may send: each refusal is one answer and an end; nothing after it is a request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from heimta.serving.exchange import Exchange
from heimta.serving.limits import MAX_BODY, MAX_HEAD, MAX_HEADERS, MAX_PIPELINE, MAX_URL, Limits
from tests.hostile.raw import served, statuses, wire

# One server for all tests here, so in one loop: a start and a stop for each would take longer than they do.
pytestmark = pytest.mark.asyncio(loop_scope="module")

LATE_S = 15.0  # hung up on, however busy the machine: nothing else would end these
QUICK = Limits(connections=64, head=1.0, request=1.5, idle=1.0, answer=1.0, linger=0.3, sweep=0.05)
BIG = 8 * 1024 * 1024  # more than a kernel's buffers hold


class App:
    """Reads up to 64 KiB and answers with what it read; `/big` gives more than a client might read."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        more = True
        while more and len(body) <= 65536:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.taken.append(scope["path"])
        status = 413 if len(body) > 65536 else 200
        told = b"x" * BIG if scope["path"] == "/big" else b"%d" % len(body)
        headers = [(b"content-length", b"%d" % len(told))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": told})


class TakingWhole(App):
    """The same, and takes what it can whole; every second one is answered in a later turn."""

    def __init__(self) -> None:
        super().__init__()
        self.whole = self

    def wants(self, scope: Scope) -> bool:
        return bool(scope["method"] == "POST")

    def take(self, exchange: Exchange) -> bool:
        self.taken.append(exchange.path)
        body = b"%d" % len(exchange.body)

        def answer() -> None:
            if not exchange.reply(200, b"content-length: %d\r\n" % len(body), body):
                exchange.pass_on(Response(body))

        if len(self.taken) % 2:
            answer()
        else:
            asyncio.get_running_loop().call_later(0.002, answer)
        return True


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=[App, TakingWhole])
async def served_app(request: pytest.FixtureRequest) -> AsyncIterator[tuple[App, int]]:
    made: App = request.param()
    async with served(made, QUICK) as found:
        yield made, found


@pytest.fixture
def app(served_app: tuple[App, int]) -> App:
    served_app[0].taken.clear()
    return served_app[0]


@pytest.fixture
def port(app: App, served_app: tuple[App, int]) -> int:
    return served_app[1]


def post(body: bytes, *more: bytes, length: bytes | None = None) -> bytes:
    told = b"%d" % len(body) if length is None else length
    lines = [b"POST /a HTTP/1.1", b"Host: h", b"Content-Length: " + told, *more]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


CHUNKED = b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
REFUSED = {
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01", 400),
    "two lengths": (post(b"12345", b"Content-Length: 7"), 400),
    "the same length twice": (post(b"12345", b"Content-Length: 5"), 400),
    "a length that is none": (post(b"", length=b"five"), 400),
    "a length below zero": (post(b"", length=b"-5"), 400),
    "a length with a sign": (post(b"12345", length=b"+5"), 400),
    "two lengths in one line": (post(b"12345", length=b"5, 5"), 400),
    "a length beyond 64 bits": (post(b"", length=b"9" * 40), 400),
    "a length and chunks": (CHUNKED + b"Content-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 400),
    "chunks and a length": (post(b"0\r\n\r\n", b"Transfer-Encoding: chunked"), 400),
    "chunked in the middle": (CHUNKED.replace(b"chunked", b"chunked, gzip") + b"\r\n0\r\n\r\n", 400),
    "a chunk that is none": (CHUNKED + b"\r\nxyz\r\n", 400),
    "a chunk of 2**64": (CHUNKED + b"\r\n" + b"f" * 17 + b"\r\n", 400),
    "100,000 headers": (b"GET / HTTP/1.1\r\nHost: h\r\n" + b"a:b\r\n" * 100_000, 431),
    "a header without end": (b"GET / HTTP/1.1\r\nHost: h\r\na: " + b"b" * MAX_HEAD, 431),
    "a long address": (b"GET /" + b"a" * 65536 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
    "an address just too long": (b"GET /" + b"a" * MAX_URL + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
    "a header too many": (b"GET / HTTP/1.1\r\nHost: h\r\n" + b"a: b\r\n" * MAX_HEADERS + b"\r\n", 431),
    "a folded header": (b"GET / HTTP/1.1\r\nHost: h\r\na: b\r\n c\r\n\r\n", 400),
    "a space before the colon": (b"GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400),
    "a bare line feed": (b"GET / HTTP/1.1\nHost: h\n\n", 400),
    "a control character": (b"GET / HTTP/1.1\r\nHost: h\r\na: b\x01\r\n\r\n", 400),
    "a NUL": (b"GET / HTTP/1.1\r\nHost: h\r\na: b\x00\r\n\r\n", 400),
    "no path": (b"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "a path in Latin-1": (b"GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n", 400),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_refused_ends_the_connection_with_one_answer(port: int, app: App, name: str) -> None:
    sent, status = REFUSED[name]
    async with wire(port) as stranger:
        await stranger.send(sent + post(b"smuggled").replace(b"/a", b"/b"))
        assert statuses(await stranger.to_end()) == [status]
    assert "/b" not in app.taken


async def test_a_body_without_end_is_cut_off(port: int) -> None:
    chunk = b"4000\r\n" + b"a" * 0x4000 + b"\r\n"
    async with wire(port) as stranger:
        await stranger.send(CHUNKED + b"\r\n")
        sending = asyncio.create_task(stranger.send(chunk * (16 * MAX_BODY // len(chunk))))
        assert statuses(await stranger.to_end()) in ([413], [])  # a reset may overtake the answer
        await sending


async def test_after_an_early_answer_the_next_request_is_found_where_it_begins(port: int) -> None:
    """The application refuses at 64 KiB; what is left of the body is read past."""
    inside = post(b"smuggled")
    async with wire(port) as client:
        await client.send(post(inside * 5000) + post(inside * 20_000))
        assert (await client.answer())[0] == 413
        assert (await client.answer())[0] == 413  # more than one request may have, but it was answered before
        await client.send(post(b"12345"))
        assert await client.answer() == (200, b"5")


async def test_a_request_as_large_as_allowed_is_taken(port: int) -> None:
    async with wire(port) as client:
        await client.send(post(b"a" * 65536, *(b"h%d: v" % i for i in range(MAX_HEADERS - 2))))
        assert await client.answer() == (200, b"65536")


async def test_a_flood_of_pipelined_requests_is_cut_off(port: int, app: App) -> None:
    async with wire(port) as stranger:
        await stranger.send(post(b"") * 10_000)
        await stranger.to_end()
    assert len(app.taken) <= MAX_PIPELINE + 1


async def test_a_few_pipelined_requests_are_answered_in_turn(port: int) -> None:
    async with wire(port) as client:
        await client.send(b"".join(post(b"a" * size) for size in range(MAX_PIPELINE)))
        assert [(await client.answer())[1] for _ in range(MAX_PIPELINE)] == [
            b"%d" % i for i in range(MAX_PIPELINE)
        ]


async def test_nothing_is_read_after_a_change_of_protocol(port: int, app: App) -> None:
    upgrade = b"GET /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    async with wire(port) as client:
        await client.send(upgrade + post(b"smuggled"))
        assert statuses(await client.to_end()) == [200]
    assert app.taken == ["/a"]


async def test_a_client_that_asks_first_is_told_to_go_on(port: int) -> None:
    async with wire(port) as client:
        await client.send(post(b"", b"Expect: 100-continue", length=b"3"))
        assert await client.answer() == (100, b"")
        await client.send(b"abc")
        assert await client.answer() == (200, b"3")


HALF = {
    "silence": (b"", []),
    "an empty line": (b"\r\n", []),
    "half a method": (b"PO", [408]),
    "half a header": (b"POST /a HTTP/1.1\r\nHost: h\r\nX", [408]),
    "half a body": (post(b"ab", length=b"100"), [408]),
    "half a chunk": (CHUNKED + b"\r\n5\r\nab", [408]),
}


@pytest.mark.parametrize("name", HALF)
async def test_what_does_not_arrive_in_time_is_hung_up_on(port: int, name: str) -> None:
    sent, answers = HALF[name]
    async with wire(port) as stranger:
        began = time.monotonic()
        await stranger.send(sent)
        assert statuses(await stranger.to_end()) == answers
        assert time.monotonic() - began < LATE_S


@pytest.mark.parametrize("drop", [b"\r\n", b"a"], ids=["empty lines", "a header"])
async def test_dripping_does_not_help(port: int, drop: bytes) -> None:
    """Also not after an honest request: its keep-alive is for silence, or a request."""
    async with wire(port) as stranger:
        await stranger.send(post(b"12345"))
        assert (await stranger.answer())[0] == 200

        async def drip() -> None:
            while True:
                await stranger.send(drop)
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        began = time.monotonic()
        await stranger.to_end()
        assert time.monotonic() - began < LATE_S
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)


async def test_an_idle_connection_is_kept_for_a_while_and_closed(port: int) -> None:
    async with wire(port) as client:
        for _ in range(2):
            await client.send(post(b"12345"))
            assert (await client.answer())[0] == 200
        began = time.monotonic()
        assert await client.to_end() == b""
        assert time.monotonic() - began >= QUICK.idle - QUICK.sweep


async def test_a_client_that_never_reads_its_answer_is_cut_off(port: int) -> None:
    async with wire(port) as stranger:
        await stranger.send(b"GET /big HTTP/1.1\r\nHost: h\r\n\r\n")
        await asyncio.sleep(2.5 * QUICK.answer)  # not reading is what is tried here
        assert len(await stranger.to_end()) < BIG


async def test_a_client_may_begin_to_read_its_first_answer_late(port: int) -> None:
    """The time to read is counted from when the connection came, at the earliest."""
    async with wire(port) as slow:
        await slow.send(b"GET /big HTTP/1.1\r\nHost: h\r\n\r\n")
        await asyncio.sleep(4 * QUICK.sweep)  # some looks of the keeper's
        assert await slow.answer() == (200, b"x" * BIG)


async def test_when_full_those_that_wait_give_way(app: App) -> None:
    patient = Limits(connections=16)  # nobody is closed by time here
    async with served(app, patient) as port:
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(16)]
        for _ in range(40):
            async with wire(port) as client:
                await client.send(post(b"12345"))
                assert await client.answer() == (200, b"5")
        assert await silent[0][0].read() == b"", "the oldest went"
        for _, writer in silent:
            writer.close()


async def test_one_peer_may_have_a_limit_of_its_own(app: App) -> None:
    async with served(app, Limits(connections=64, peer=2)) as port, wire(port) as first, wire(port) as second:
        for client in (first, second):
            await client.send(post(b"12345"))
            assert (await client.answer())[0] == 200
        async with wire(port) as third:
            await third.send(post(b"12345"))
            assert await third.to_end() == b""
        await first.send(post(b"123"))
        assert await first.answer() == (200, b"3")
