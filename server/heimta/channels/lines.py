"""Posts over connections that are kept, to whatever address a resolver allows.

aiohttp's client, which carried them before, costs twice as much a request as TLS and the system do: objects
for each part of it, cookies, redirects, proxies, codings, timers. A push is one POST with a short body.

We connect to exactly what the resolver returned, so nothing is looked up again between check and connect.
There is no proxy, no redirect and no cookie to forget about: none is built.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from functools import cache
from time import monotonic
from urllib.parse import urlsplit

import aiohappyeyeballs
from aiohttp.abc import AbstractResolver, ResolveResult

from heimta.channels.line import Answer, Line

MOST = 100  # connections at once; who comes then waits within its own time
KEEP_S = 15.0  # so long one that nobody uses is kept
FOUND_S = 60.0  # so long an address is believed
NAMES = 100  # whose addresses are known
CLOSE_S = 1.0  # for the system to let go of what we hung up
APART_S = 0.25  # between tries of a name's addresses (RFC 8305)


@cache
def _tls() -> ssl.SSLContext:
    """Certificates and names are checked. Made once: it reads every authority there is."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class Lines:
    """resolver: says where a name is, and refuses what nobody may connect to. Close it at the end."""

    def __init__(self, resolver: AbstractResolver, *, timeout_s: float) -> None:
        self._resolver = resolver
        self._timeout_s = timeout_s
        self._room = asyncio.Semaphore(MOST)
        self._free: dict[str, list[tuple[float, Line]]] = {}  # by origin, the one used last at the end
        self._all: set[Line] = set()
        self._found: dict[str, tuple[float, asyncio.Task[list[ResolveResult]]]] = {}
        self._sweeping: asyncio.TimerHandle | None = None

    async def close(self) -> None:
        """Hang up everywhere."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        for _, task in self._found.values():
            task.cancel()
        lines, self._all, self._free, self._found = self._all, set(), {}, {}
        for line in lines:
            line.hang_up()
        if lines:
            await asyncio.wait([line.closed for line in lines], timeout=CLOSE_S)
        await self._resolver.close()

    async def post(self, origin: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """origin, path: checked, since they go out byte for byte; so are the headers.

        Raises OSError where nothing can be connected to, or no answer came: the resolver's, if it refused.
        TimeoutError is one.
        """
        words = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        host = origin.partition("://")[2]
        head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{words}Content-Length: {len(body)}\r\n\r\n"
        line: Line | None = None
        try:
            async with asyncio.timeout(self._timeout_s), self._room:
                line = self._take(origin) or await self._open(origin)
                answer = await line.post(head.encode("ascii") + body)
            self._put_back(origin, line)
            return answer
        except BaseException as fault:
            if line is None:
                raise
            line.hang_up()
            late = line.answer_so_far() if isinstance(fault, TimeoutError) else None
            if late is None:
                raise
            return late

    def _take(self, origin: str) -> Line | None:
        free = self._free.get(origin, [])
        while free:
            _, line = free.pop()
            if line.is_free:
                return line
        return None

    def _put_back(self, origin: str, line: Line) -> None:
        if not line.is_free:
            return
        self._free.setdefault(origin, []).append((monotonic(), line))
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(KEEP_S, self._sweep)

    def _sweep(self) -> None:
        """Hang up what nobody has used for long."""
        before = monotonic() - KEEP_S
        for origin, free in list(self._free.items()):
            for since, line in free:
                if since <= before:
                    line.hang_up()
            kept = [(since, line) for since, line in free if since > before and line.is_free]
            if kept:
                self._free[origin] = kept
            else:
                del self._free[origin]
        loop = asyncio.get_running_loop()
        self._sweeping = loop.call_later(KEEP_S, self._sweep) if self._free else None

    async def _open(self, origin: str) -> Line:
        parts = urlsplit(origin)
        assert parts.hostname is not None
        secure = parts.scheme == "https"
        found = await self._where(parts.hostname, parts.port or (443 if secure else 80))
        connected = await aiohappyeyeballs.start_connection(
            [_info(one) for one in found], happy_eyeballs_delay=APART_S, interleave=1
        )
        name = parts.hostname if secure else None
        _, line = await asyncio.get_running_loop().create_connection(
            Line, sock=connected, ssl=_tls() if secure else None, server_hostname=name
        )
        self._all.add(line)
        line.closed.add_done_callback(lambda _: self._all.discard(line))
        return line

    async def _where(self, host: str, port: int) -> list[ResolveResult]:
        """Asked once for all who ask meanwhile, and believed for a while; a refusal is not kept."""
        name = f"{host}:{port}"
        until, task = self._found.get(name, (0.0, None))
        if task is None or until < monotonic():
            task = asyncio.create_task(self._resolver.resolve(host, port, socket.AF_UNSPEC))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # also if all gave up
            self._found.pop(name, None)
            self._found[name] = (monotonic() + FOUND_S, task)
            if len(self._found) > NAMES:
                del self._found[next(iter(self._found))]
        try:
            return await asyncio.shield(task)
        except OSError:
            if self._found.get(name, (0.0, None))[1] is task:
                del self._found[name]
            raise


def _info(found: ResolveResult) -> aiohappyeyeballs.AddrInfoType:
    is_6 = ":" in found["host"]
    address = (found["host"], found["port"], 0, 0) if is_6 else (found["host"], found["port"])
    return (socket.AF_INET6 if is_6 else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", address)
