"""Connections that do as little as they can: `python -m loadtest.hostile.slow PORT SECONDS COUNT [KIND...]`.

A process of its own, so that what it costs is not taken for the server's. Opens COUNT of each KIND, tells
`open` once they are there, and at the end for each one how long it lived, in s, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import sys
import time
from typing import cast

import uvloop

DRIP_S = 1.0
STARTS = {
    "silent": b"",
    "heads": b"POST /s/demo HTTP/1.1\r\nHost: edge\r\nX-Slow: ",
    "bodies": b"POST /s/demo HTTP/1.1\r\nHost: edge\r\nContent-Length: 1000\r\n\r\n{",
}


class Slow(asyncio.Protocol):
    """One connection; drips a byte a second unless it is a silent one."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._began = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None
        self.lived: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._began = time.monotonic()
        self._transport.write(STARTS[self._kind])
        if self._kind != "silent":
            self._timer = asyncio.get_running_loop().call_later(random.random() * DRIP_S, self._drip)

    def _drip(self) -> None:
        self._transport.write(b"a")
        self._timer = asyncio.get_running_loop().call_later(DRIP_S, self._drip)

    def eof_received(self) -> None:
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not self.lived.done():
            self.lived.set_result(time.monotonic() - self._began)


async def hold(port: int, seconds: float, count: int, kinds: list[str]) -> dict[str, list[float]]:
    """How long each connection lived; `seconds` for those that still do then."""
    loop = asyncio.get_running_loop()
    opened: list[tuple[str, Slow]] = []
    for kind in kinds * count:
        _, slow = await loop.create_connection(lambda kind=kind: Slow(kind), "127.0.0.1", port)  # type: ignore[misc]
        opened.append((kind, slow))
    print("open", flush=True)
    await asyncio.wait([slow.lived for _, slow in opened], timeout=seconds)
    lives: dict[str, list[float]] = {kind: [] for kind in kinds}
    for kind, slow in opened:
        lives[kind].append(slow.lived.result() if slow.lived.done() else seconds)
    return lives


async def crowd(port: int, seconds: float, count: int) -> int:
    """Keep `count` silent connections open, a new one for each that is closed. Returns how many it took."""
    loop = asyncio.get_running_loop()
    end = time.monotonic() + seconds
    total = 0

    async def again() -> None:
        nonlocal total
        while (left := end - time.monotonic()) > 0:
            total += 1
            try:
                _, slow = await loop.create_connection(lambda: Slow("silent"), "127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            await asyncio.wait([slow.lived], timeout=left)

    tasks = [asyncio.create_task(again()) for _ in range(count)]
    await asyncio.sleep(min(3.0, seconds / 2))
    print("open", flush=True)
    await asyncio.gather(*tasks)
    return total


def main() -> None:
    port, seconds, count, *kinds = sys.argv[1:]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if kinds:
        print(json.dumps(uvloop.run(hold(int(port), float(seconds), int(count), kinds))), flush=True)
    else:
        print(json.dumps(uvloop.run(crowd(int(port), float(seconds), int(count)))), flush=True)


if __name__ == "__main__":
    main()
