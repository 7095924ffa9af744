"""One POST to somebody else's server: where it may go, and what is known when it fails.

The address stands in a merchant's document, so it could name a machine of our own network: names are
connected to only where all their addresses are public (address.py), bare addresses never, and no redirect is
followed. Origins that the operator trusts (HEIMTA_OUTSIDE_ORIGINS) may be private and without TLS.

What broke before a connection stood was not sent, and may be tried again; what broke later may have arrived.
So nothing goes over a connection that was used before: one that the other side has just closed would leave
every message in doubt.

A server that hangs holds up its own messages only: each origin has its own places (places.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

import msgspec
from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver
from msgspec import Struct
from yarl import URL

from heimta.channels.address import AddressRefused, PublicResolver
from heimta.channels.answers import read_retry_after
from heimta.channels.places import Full, Places
from heimta.channels.result import BUSY, Delivery, failed, unknown
from heimta.model.outside import origin, refused

T = TypeVar("T")

TIMEOUT_S = 10
CONNECT_S = 4  # less than the whole, so that a connection that never stood is known as such
MAX_ANSWER = 16 * 1024  # bytes of an answer that are read


class Answer(Struct, frozen=True):
    """body: as much as was read, for its error code; never logged and never kept."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    retry_after_s: float | None


def read(told: bytes | str, decoder: msgspec.json.Decoder[T]) -> T | None:
    """What an answer's body says, or one of its headers; None for what says no such thing: no JSON, no
    letters, lists in lists without end. Raised, it would be taken for a bug, and end the worker of all shops.
    """
    try:
        return decoder.decode(told)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


class Outside:
    """Make one a process, `close()` it at the end.

    trusted: origins, `http://127.0.0.1:5001`, compared whole. resolver: how names are looked up; a test
    hands in its own, and its own places.
    """

    def __init__(
        self,
        *,
        trusted: Collection[str] = (),
        resolver: AbstractResolver | None = None,
        timeout_s: float = TIMEOUT_S,
        places: Places | None = None,
    ) -> None:
        self._places = places or Places()
        self._trusted = frozenset(trusted)
        self._resolver = resolver
        self._timeout = ClientTimeout(total=timeout_s, connect=min(CONNECT_S, timeout_s / 2))
        # Two, so that a trusted private origin never opens the way for a public name.
        self._sessions: dict[bool, ClientSession] = {}

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, now: int) -> Answer | Delivery:
        """The answer, or what is known without one. now: ms, UTC."""
        return await self.ask("POST", url, body, headers, now=now)

    async def ask(
        self,
        method: str,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        now: int,
        most: int = MAX_ANSWER,
        patience_s: float | None = None,
    ) -> Answer | Delivery:
        """The same with any method. most: bytes of the answer that are read. patience_s: for the whole of it,
        where it is known to take long.
        """
        if origin(url) not in self._trusted and refused(url):
            return failed("address", permanent=True)
        timeout = self._timeout
        if patience_s is not None:
            timeout = ClientTimeout(total=patience_s, connect=timeout.connect)
        try:
            async with self._places.at(origin(url)):
                return await self._ask(method, url, body, headers, now=now, most=most, timeout=timeout)
        except Full:
            return failed(BUSY, permanent=False)

    async def _ask(
        self,
        method: str,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        now: int,
        most: int,
        timeout: ClientTimeout,
    ) -> Answer | Delivery:
        try:
            # encoded=True: the address goes out byte for byte as it was checked.
            async with self._session(origin(url) in self._trusted).request(
                method,
                URL(url, encoded=True),
                data=body or None,  # else a GET would have a Content-Type
                headers=headers,
                allow_redirects=False,
                timeout=timeout,
            ) as answer:
                told = await _read(answer, most)
                wait = read_retry_after(answer.headers.get("Retry-After", ""), now=now)
                return Answer(answer.status, told, answer.headers.copy(), wait)
        except (ClientConnectorError, ConnectionTimeoutError) as error:
            if isinstance(getattr(error, "os_error", None), AddressRefused):
                return failed("address", permanent=False)  # a DNS fault may pass; nothing was connected
            return failed("connection", permanent=False)
        except TimeoutError:
            return unknown("timeout")
        except (ClientError, OSError):
            return unknown("connection")

    def _session(self, trusted: bool) -> ClientSession:
        if trusted not in self._sessions:
            resolver = None if trusted else self._resolver or PublicResolver()
            self._sessions[trusted] = ClientSession(
                connector=TCPConnector(limit=0, resolver=resolver, ttl_dns_cache=60, force_close=True),
                timeout=self._timeout,
                cookie_jar=DummyCookieJar(),
                trust_env=False,  # no proxy from the environment: it would connect for us, unchecked
                # Nothing is unpacked, since it may be a bomb; so nobody is told that they may pack.
                auto_decompress=False,
                headers={"User-Agent": "heimta", "Accept-Encoding": "identity"},
            )
        return self._sessions[trusted]


async def _read(answer: ClientResponse, most: int) -> bytes:
    """The beginning of the body. The status has come and decides: a line that breaks now changes little."""
    parts: list[bytes] = []
    left = most
    try:
        while left > 0 and (part := await answer.content.read(left)):
            parts.append(part)
            left -= len(part)
    except (ClientError, TimeoutError):
        pass
    answer.close()
    return b"".join(parts)
