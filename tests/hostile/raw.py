"""Bytes as a stranger sends them: connections without an HTTP library's manners, and a server to try."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from heimta.serving.limits import Limits
from heimta.serving.serve import flags

PATIENCE_S = 20.0


@dataclass
class Wire:
    """One connection. Reads give what came before the other side ended it, or before patience did."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """A server that has hung up already is found out by the next read."""
        with suppress(ConnectionError):
            self.writer.write(data)
            await self.writer.drain()

    async def to_end(self) -> bytes:
        """All that comes until the server hangs up."""
        got = b""
        async with asyncio.timeout(PATIENCE_S):
            with suppress(ConnectionError):
                while part := await self.reader.read(65536):
                    got += part
        return got

    async def answer(self) -> tuple[int, bytes]:
        """Status and body of one answer that says its length."""
        async with asyncio.timeout(PATIENCE_S):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            body = await self.reader.readexactly(int(length[1]) if length else 0)
        return int(head.split(b" ", 2)[1]), body

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


@asynccontextmanager
async def wire(port: int) -> AsyncIterator[Wire]:
    opened = Wire(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield opened
    finally:
        await opened.close()


def statuses(answers: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]


@asynccontextmanager
async def served(app: ASGIApp, limits: Limits) -> AsyncIterator[int]:
    """The application behind the limits, in this loop. Yields its port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, lifespan="off", proxy_headers=False, **flags(limits))
        server = uvicorn.Server(config)
        running = asyncio.create_task(server._serve(sockets=[listener]))  # serve() would take the signals
        async with asyncio.timeout(PATIENCE_S):
            while not server.started:
                await asyncio.sleep(0.01)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await running
