"""How much of each shop's ceilings is used, for /metrics; journeys/ask.py holds messages to them."""

from __future__ import annotations

from heimta.model.volume import Volume
from heimta.store import ceilings
from heimta.worker.rounds import Rounds


class Ceilings:
    """volumes: at the last look. Each worker tells all shops'."""

    def __init__(self, rounds: Rounds) -> None:
        self._rounds = rounds
        self.volumes: list[Volume] = []

    async def look(self) -> None:
        """Raises RedisError."""
        now, found = self._rounds.clock(), []
        for context in list(self._rounds.shops.values()):
            found += await ceilings.volumes(self._rounds.redis, context.shop, now=now)
        self.volumes[:] = found
