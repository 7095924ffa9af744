"""How much of each shop's ceiling of SMS is used, for /metrics; journeys/ask.py holds messages to it."""

from __future__ import annotations

from heimta.store import ceilings
from heimta.worker.rounds import Rounds


class Ceilings:
    """used: by shop, 1 for all of it, at the last look. Each worker tells all shops'."""

    def __init__(self, rounds: Rounds) -> None:
        self._rounds = rounds
        self.used: dict[str, float] = {}

    async def look(self) -> None:
        """Raises RedisError."""
        now, used = self._rounds.clock(), {}
        for shop, context in list(self._rounds.shops.items()):
            if context.shop.sms is not None:
                taken = await ceilings.taken(self._rounds.redis, shop, now=now)
                used[shop] = taken / context.shop.sms.per_day
        self.used.clear()
        self.used.update(used)
