"""What a push service may answer, byte for byte, and what a line to it makes of that."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop
from aiohttp.resolver import ThreadedResolver

from heimta.channels import lines
from heimta.channels.line import MAX_HEAD, Answer
from heimta.channels.lines import Lines
from loadtest.deliver.certificate import make_certificate

OK = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
HEADERS = {"TTL": "60", "Topic": "m-1"}


class Service:
    """Answers each request with what `says` holds next, in the pieces it is given in; None hangs up."""

    def __init__(self, *says: list[bytes | None]) -> None:
        self.says = list(says)
        self.came: list[bytes] = []
        self.calls = 0
        self.ended = asyncio.Event()  # somebody hung up
        self.hold = asyncio.Event()  # where a piece is b"...": until then nothing more comes
        self.writers: list[asyncio.StreamWriter] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        self.writers.append(writer)
        try:
            while self.says:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                self.came.append(head + await reader.readexactly(length))
                for piece in self.says.pop(0):
                    if piece is None:
                        return
                    if piece == b"...":
                        await self.hold.wait()
                        continue
                    writer.write(piece)
                    await writer.drain()
            await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # they hung up, which some tests wait for
        finally:
            self.ended.set()
            writer.close()


@asynccontextmanager
async def serving(
    service: Service, tls: ssl.SSLContext | None = None, timeout_s: float = 30
) -> AsyncIterator[tuple[Lines, str]]:
    server = await asyncio.start_server(service, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    kept = Lines(ThreadedResolver(), timeout_s=timeout_s)
    try:
        yield kept, f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    finally:
        await kept.close()
        service.hold.set()
        server.close()
        await server.wait_closed()


async def post(kept: Lines, origin: str) -> Answer:
    return await kept.post(origin, "/a:b?c=%2f", HEADERS, b"\r\n\r\nbody")


async def test_what_goes_out_is_one_plain_request() -> None:
    service = Service([OK])
    async with serving(service) as (kept, origin):
        assert await post(kept, origin) == Answer(201)
    host = origin.removeprefix("http://").encode()
    assert service.came == [
        b"POST /a:b?c=%2f HTTP/1.1\r\nHost: " + host + b"\r\nTTL: 60\r\nTopic: m-1\r\n"
        b"Content-Length: 8\r\n\r\n\r\n\r\nbody"
    ]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ([OK], Answer(201)),
        ([bytes([byte]) for byte in OK], Answer(201)),
        ([b"HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\n" + OK], Answer(201)),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], Answer(204)),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"], Answer(200)),
        ([b"HTTP/1.1 429 No\r\nretry-after: 30\r\nContent-Length: 3\r\n\r\nwhy"], Answer(429, "30")),
    ],
)
async def test_after_a_whole_answer_the_line_is_used_again(said: list[bytes | None], answer: Answer) -> None:
    service = Service(said, [OK])
    async with serving(service) as (kept, origin):
        assert await post(kept, origin) == answer
        assert await post(kept, origin) == Answer(201)
    assert service.calls == 1


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ([b"HTTP/1.1 410 Gone\r\n\r\nuntil the end", None], Answer(410)),
        ([b"HTTP/1.1 410 Gone\r\nContent-Length: 9\r\n\r\nbroke", None], Answer(410)),
        ([b"HTTP/1.1 201 C\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"], Answer(201)),
        ([b"HTTP/1.0 201 C\r\nContent-Length: 0\r\n\r\n"], Answer(201)),
        ([b"HTTP/1.1 404 No\r\nContent-Length: 9000\r\n\r\n" + b"x" * 5000, b"..."], Answer(404)),
        ([OK + b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"], Answer(201)),
        ([OK + b"more"], Answer(201)),
    ],
)
async def test_after_any_other_the_status_counts_and_a_new_line_is_made(
    said: list[bytes | None], answer: Answer
) -> None:
    service = Service(said, [OK])
    async with serving(service) as (kept, origin):
        assert await post(kept, origin) == answer
        assert await post(kept, origin) == Answer(201)
    assert service.calls == 2


@pytest.mark.parametrize(
    "said",
    [
        [None],
        [b"HTTP/1.1 2", None],
        [b"220 mail.example ESMTP\r\n"],
        [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"],
        [b"HTTP/1.1 103 Early Hints\r\n\r\n" * (MAX_HEAD // 20)],
        [b"HTTP/1.1 201 C\r\nX: " + b"x" * (MAX_HEAD + 1)],
    ],
    ids=["nothing", "half", "another protocol", "upgrade", "hints without end", "a head without end"],
)
async def test_no_answer_is_a_broken_line_and_the_next_post_takes_a_new_one(said: list[bytes | None]) -> None:
    service = Service(said, [OK])
    async with serving(service) as (kept, origin):
        with pytest.raises(ConnectionError):
            await post(kept, origin)
        assert await post(kept, origin) == Answer(201)
    assert service.calls == 2


def test_the_worker_s_own_loop_takes_it_too() -> None:
    """uvloop's transports are asyncio's by their methods alone."""

    async def twice_and_once_more() -> int:
        service = Service([OK], [b"HTTP/1.1 410 Gone\r\n\r\n", None], [OK], [None])
        async with serving(service) as (kept, origin):
            answers = [await post(kept, origin) for _ in range(3)]
            with pytest.raises(ConnectionError):
                await post(kept, origin)
        assert answers == [Answer(201), Answer(410), Answer(201)]
        return service.calls

    assert uvloop.run(twice_and_once_more()) == 2


async def test_what_comes_unasked_closes_the_line() -> None:
    service = Service([OK], [OK])
    async with serving(service) as (kept, origin):
        await post(kept, origin)
        service.writers[0].write(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
        await service.ended.wait()
        assert await post(kept, origin) == Answer(201)
    assert service.calls == 2


async def test_one_who_waits_too_long_or_gives_up_hangs_up() -> None:
    service = Service([b"..."])
    async with serving(service, timeout_s=0.05) as (kept, origin):
        with pytest.raises(TimeoutError):
            await post(kept, origin)
        service.hold.set()
        await service.ended.wait()
    service = Service([b"..."])
    async with serving(service) as (kept, origin):
        asking = asyncio.create_task(post(kept, origin))
        while not service.came:
            await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        service.hold.set()
        await service.ended.wait()


async def test_a_status_whose_body_never_ends_counts_all_the_same() -> None:
    service = Service([b"HTTP/1.1 410 Gone\r\nContent-Length: 9\r\n\r\n", b"..."])
    async with serving(service, timeout_s=0.2) as (kept, origin):
        assert await post(kept, origin) == Answer(410)


async def test_what_nobody_uses_is_hung_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "KEEP_S", 0.02)
    service = Service([OK], [OK])
    async with serving(service) as (kept, origin):
        await post(kept, origin)
        await service.ended.wait()
        assert await post(kept, origin) == Answer(201)
    assert service.calls == 2


async def test_no_more_lines_than_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MOST", 3)
    service = Service(*([OK] for _ in range(40)))
    async with serving(service) as (kept, origin):
        assert await asyncio.gather(*(post(kept, origin) for _ in range(40))) == [Answer(201)] * 40
    assert service.calls <= 3


async def test_a_name_is_looked_up_once_for_all_who_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    resolve = ThreadedResolver.resolve

    async def count(self: ThreadedResolver, host: str, *more: int) -> object:
        asked.append(host)
        return await resolve(self, host, *more)  # type: ignore[arg-type]  # a family is a number

    monkeypatch.setattr(ThreadedResolver, "resolve", count)
    service = Service(*([OK] for _ in range(8)))
    async with serving(service) as (kept, origin):
        await asyncio.gather(*(post(kept, origin) for _ in range(8)))
    assert asked == ["127.0.0.1"]


async def test_a_certificate_that_nobody_signed_or_of_another_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)

    def trusting() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(certificate))

    for trust, goes in ((trusting, True), (ssl.create_default_context, False)):
        monkeypatch.setattr(lines, "_tls", trust)
        await _over_tls(tls, goes, lambda origin: origin)
    monkeypatch.setattr(lines, "_tls", trusting)
    await _over_tls(tls, False, lambda origin: origin.replace("127.0.0.1", "127.0.0.2"))


async def _over_tls(tls: ssl.SSLContext, goes: bool, named: Callable[[str], str]) -> None:
    service = Service([OK])
    server = await asyncio.start_server(service, "0.0.0.0", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    kept = Lines(ThreadedResolver(), timeout_s=30)
    try:
        if goes:
            assert await post(kept, named(f"https://127.0.0.1:{port}")) == Answer(201)
        else:
            with pytest.raises(ssl.SSLCertVerificationError):
                await post(kept, named(f"https://127.0.0.1:{port}"))
    finally:
        await kept.close()
        server.close()
        await server.wait_closed()
    assert len(service.came) == int(goes)
