"""Shoppers at an even pace, and how long each waits for the answer."""

from __future__ import annotations

import asyncio
import statistics
import time

from loadtest.hostile.witness import Witness

LANES = 4
PACE_S = 0.02  # between two requests of one lane
PATIENCE_S = 5.0


class Shoppers:
    """waits: seconds, of answers with 200. failures: anything else."""

    def __init__(self, port: int, common: bytes, *, lanes: int = LANES, fresh: bool = False) -> None:
        """fresh: a new connection for each request."""
        self._port, self._common, self._lanes, self._fresh = port, common, lanes, fresh
        self._witness = Witness(1)
        self.waits: list[float] = []
        self.failures = 0

    async def shop(self, seconds: float) -> None:
        self.waits, self.failures = [], 0
        await asyncio.gather(
            *(self._one(place * PACE_S / self._lanes, seconds) for place in range(self._lanes))
        )

    async def _one(self, offset: float, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time() + offset
        turn = 0
        while turn * PACE_S < seconds:
            # By the clock, so that a slow answer does not thin out the questions after it.
            await asyncio.sleep(max(0.0, began + turn * PACE_S - loop.time()))
            turns = 1 if self._fresh else round(1 / PACE_S)
            await self._ask(turns, began + turn * PACE_S)
            turn += turns

    async def _ask(self, turns: int, at: float) -> None:
        """`turns` requests on one connection, each at its own time."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(PATIENCE_S + turns * PACE_S):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                for turn in range(turns):
                    await asyncio.sleep(max(0.0, at + turn * PACE_S - loop.time()))
                    began = time.perf_counter()
                    writer.write(self._witness.next().bytes(self._common))
                    head = await reader.readuntil(b"\r\n\r\n")
                    await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split()[0]))
                    if head.startswith(b"HTTP/1.1 200 "):
                        self.waits.append(time.perf_counter() - began)
                    else:
                        self.failures += 1
                writer.close()
                await writer.wait_closed()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, IndexError):
            self.failures += 1


def p99_ms(waits: list[float]) -> float:
    return statistics.quantiles(waits, n=100)[98] * 1000
