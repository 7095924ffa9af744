"""How many bytes a shop's pages may have stored in a minute, so that nobody fills the store over night.

Counted in each process of the edge, and in memory: the hot path pays one look into a table. What is over is
asked to come back in the next minute; events wait in the browser until then.
"""

from __future__ import annotations

import sys

MINUTE_MS = 60_000


class Budget:
    """most: bytes a shop and minute."""

    __slots__ = ("_minute", "_spent", "most")

    def __init__(self, most: int = sys.maxsize) -> None:
        self.most = most
        self._minute = 0  # since the epoch
        # Shop, or shop and a part of its own -> bytes in that minute; known shops alone are asked for. Parts:
        # ` asked` and ` no` (asked.py), ` consent` (ingest.py).
        self._spent: dict[str, int] = {}

    def take(self, shop: str, count: int, now: int) -> bool:
        """Whether `count` bytes more are within the shop's budget; if so, they are taken from it."""
        minute = now // MINUTE_MS
        if minute != self._minute:
            self._minute = minute
            self._spent.clear()
        spent = self._spent.get(shop, 0) + count
        if spent > self.most:
            return False
        self._spent[shop] = spent
        return True

    def give_back(self, shop: str, count: int) -> None:
        """They were not stored."""
        self._spent[shop] = max(0, self._spent.get(shop, 0) - count)


def wait_s(now: int) -> int:
    """Until the next minute begins, 1 to 60."""
    return -(-(MINUTE_MS - now % MINUTE_MS) // 1000)
