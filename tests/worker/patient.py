"""Ad audiences whose look is over when all shops have had their turn."""

from __future__ import annotations

from heimta.worker.audiences import Audiences


class Patient(Audiences):
    async def look(self) -> None:
        await super().look()
        await self._turns.landed()
        self._turns.collect()
