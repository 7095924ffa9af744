"""One keep-alive connection that asks, waits for the answer and asks again. The least a client can do."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from typing import cast

from msgspec import Struct

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Asked(Struct, frozen=True):
    """path and body of one POST; what: for whoever counts. headers: more of them, each with its line end."""

    path: str
    body: bytes
    what: str = ""
    headers: bytes = b""

    def bytes(self, common: bytes) -> bytes:
        head = f"POST {self.path} HTTP/1.1\r\nContent-Length: {len(self.body)}\r\n".encode()
        return head + common + self.headers + b"\r\n" + self.body


# (what was asked, status or 0 when the server hung up instead, seconds, body)
Told = Callable[[Asked, int, float, bytes], None]


class Lane(asyncio.Protocol):
    """ask: the next request, None at the end. common: header lines of every request."""

    def __init__(self, ask: Callable[[], Asked | None], told: Told, common: bytes) -> None:
        self._ask = ask
        self._told = told
        self._common = common
        self._asked: Asked | None = None
        self._began = 0.0
        self._got = b""
        self._transport: asyncio.Transport | None = None
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has the methods, not the class
        self._next()

    def _next(self) -> None:
        assert self._transport is not None
        self._asked = self._ask()
        if self._asked is None:
            self._transport.close()
            return
        self._began = time.perf_counter()
        self._transport.write(self._asked.bytes(self._common))

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, rest = self._got.partition(b"\r\n\r\n")
        if not found or self._asked is None:
            return
        length = LENGTH.search(head)
        wanted = int(length[1]) if length else 0
        if len(rest) < wanted:
            return
        asked, self._asked, self._got = self._asked, None, b""
        self._told(asked, int(head[9:12]), time.perf_counter() - self._began, rest)
        if b"connection: close" not in head.lower():
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._asked is not None:
            self._told(self._asked, 0, time.perf_counter() - self._began, b"")
        if not self.closed.done():
            self.closed.set_result(None)


async def drive(port: int, ask: Callable[[], Asked | None], told: Told, *, lanes: int, common: bytes) -> None:
    """Ask over `lanes` connections until there is nothing to ask; one that was closed is opened again."""
    loop = asyncio.get_running_loop()
    is_over = False

    def next_one() -> Asked | None:
        nonlocal is_over
        asked = None if is_over else ask()
        is_over = asked is None
        return asked

    async def keep_open() -> None:
        while not is_over:
            _, lane = await loop.create_connection(lambda: Lane(next_one, told, common), "127.0.0.1", port)
            await lane.closed

    async with asyncio.TaskGroup() as tasks:
        for _ in range(lanes):
            tasks.create_task(keep_open())
