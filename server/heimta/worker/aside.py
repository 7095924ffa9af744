"""Work that waits for somebody outside, beside a loop that goes on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from heimta.store.faults import is_away


class Aside:
    """By name, so that nothing is begun twice. `close()` it at the end."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._tasks

    def __len__(self) -> int:
        return len(self._tasks)

    def begin(self, name: str, work: Coroutine[None, None, None]) -> None:
        self._tasks[name] = asyncio.create_task(work)

    def collect(self) -> None:
        """Forget what has come to its end; raise what ended one of them, a bug before all."""
        ended = {name: task for name, task in self._tasks.items() if task.done()}
        for name in ended:
            del self._tasks[name]
        broken = [error for task in ended.values() if (error := task.exception()) is not None]
        if broken:
            raise min(broken, key=is_away)

    async def landed(self) -> None:
        """Wait for all that is under way; what ended one is left to collect()."""
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def close(self) -> None:
        """Call off what is under way."""
        for task in self._tasks.values():
            task.cancel()
        await self.landed()
