"""So many requests at once to one origin: one that hangs fills its own places, and no other's."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PLACES = 100
PATIENCE_S = 2.0  # for a place: what is asked for again later may then see that the order has come


class Full(Exception):
    """No place was free in time, and nothing was sent."""


class Places:
    def __init__(self, places: int = PLACES, patience_s: float = PATIENCE_S) -> None:
        self._places = places
        self._patience_s = patience_s
        self._gates: dict[str, asyncio.Semaphore] = {}
        self._there: Counter[str] = Counter()  # with a place, or waiting for one

    @asynccontextmanager
    async def at(self, origin: str) -> AsyncIterator[None]:
        """Raises Full."""
        gate = self._gates.setdefault(origin, asyncio.Semaphore(self._places))
        self._there[origin] += 1
        try:
            try:
                async with asyncio.timeout(self._patience_s):
                    await gate.acquire()
            except TimeoutError:
                raise Full(origin) from None
            try:
                yield
            finally:
                gate.release()
        finally:
            self._there[origin] -= 1
            if not self._there[origin]:
                del self._there[origin], self._gates[origin]
