"""A TCP proxy between Heimta and Redis that can be ill in every way a network and a server can.

What it does is a value, `proxy.toxics`, looked at for every piece of data, so an illness begins and ends
for connections that are already open. `cut` is the one that matters most: Redis has executed a command,
and whoever asked for it never learns so.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PIECE = 16 * 1024


@dataclass(frozen=True)
class Toxics:
    """Shares are of replies, 0 to 1. Times are seconds, for each piece of data and each way."""

    latency_s: float = 0.0
    jitter_s: float = 0.0
    bytes_per_s: float = 0.0  # 0: as fast as it goes
    blackhole: bool = False  # everything is swallowed, connections stay open
    cut: float = 0.0  # the command was executed; its reply is dropped and the connection reset
    half: float = 0.0  # reset in the middle of a reply
    cut_after: int = 0  # reset once so many bytes of replies have passed; 0 never


HEALTHY = Toxics()
Pass = Callable[[bytes, asyncio.StreamWriter], Awaitable[bool]]


class Proxy:
    """port: where it listens on loopback, once started. upstream: the Unix socket it leads to."""

    def __init__(self, upstream: Path, seed: int) -> None:
        self.toxics = HEALTHY
        self.port = 0
        self.cuts = 0  # replies that nobody got
        self._upstream = upstream
        self._random = random.Random(seed)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, limit=2**20)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Nobody listens any more: connections are refused, and those that are open end."""
        if self._server is not None:
            self._server.close()
            self.drop()
            await self._server.wait_closed()
            self._server = None

    async def stop(self) -> None:
        await self.refuse()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def lead_to(self, upstream: Path) -> None:
        """Another server answers from now on; what is connected to the old one is reset."""
        self._upstream = upstream
        self.drop()

    def drop(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._join(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()  # asked to end: asyncio would report a handler that was cancelled
        finally:
            self._tasks.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            up_reader, up_writer = await asyncio.open_unix_connection(str(self._upstream), limit=2**20)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, up_writer}
        self._open |= ends
        try:
            ways = [
                asyncio.create_task(self._carry(reader, up_writer, self._ask)),
                asyncio.create_task(self._carry(up_reader, writer, self._reply)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        finally:
            self._open -= ends
            for end in ends:
                end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, step: Pass) -> None:
        """Until one side ends. The other one is reset then, as a network that fails would."""
        with suppress(OSError):
            while data := await reader.read(PIECE):
                await self._travel(len(data))
                if not await step(data, writer):
                    return
                await writer.drain()

    async def _travel(self, size: int) -> None:
        toxics = self.toxics
        wait = toxics.latency_s + toxics.jitter_s * (2 * self._random.random() - 1)
        if toxics.bytes_per_s:
            wait += size / toxics.bytes_per_s
        if wait > 0:
            await asyncio.sleep(wait)

    async def _ask(self, data: bytes, writer: asyncio.StreamWriter) -> bool:
        if not self.toxics.blackhole:
            writer.write(data)
        return True

    async def _reply(self, data: bytes, writer: asyncio.StreamWriter) -> bool:
        """False: the connection is cut here."""
        toxics, dice = self.toxics, self._random.random()
        if toxics.blackhole:
            return True
        if dice < toxics.cut:
            self.cuts += 1
            return False
        if dice < toxics.cut + toxics.half or 0 < toxics.cut_after < len(data):
            self.cuts += 1
            writer.write(data[: toxics.cut_after or len(data) // 2])
            await writer.drain()
            return False
        writer.write(data)
        return True
