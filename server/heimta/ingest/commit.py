"""Group commit: a request's entry waits for the group it joined, one round trip makes the group durable.

While one group is on its way to Redis the next one forms, so the busier the edge, the larger the groups
and the cheaper each entry. A request is answered only after its own group is durable. When Redis cannot
take a group, all who wait for it are told at once.
"""

from __future__ import annotations

import asyncio

from redis.exceptions import RedisError

from heimta.ingest.entry import Entry
from heimta.store.log import Log

GROUP = 256  # entries in one group: 5 arguments each, far below what Lua can unpack
QUEUE = 4096  # entries that may wait; beyond that the shop's browsers are asked to come back
DEADLINE_S = 0.5  # for one group; a browser keeps its events and tries again


class Unavailable(Exception):
    """The log cannot take entries now. Nothing was promised; the sender keeps its copy."""


class GroupCommit:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._queue: list[tuple[Entry, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="group-commit")

    async def stop(self) -> None:
        """Commit what waits, then end."""
        while self._queue:
            await asyncio.sleep(0.01)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def append(self, entry: Entry) -> None:
        """Return once the entry is durable. Raises Unavailable."""
        if len(self._queue) >= QUEUE:
            raise Unavailable("the queue is full")
        # A future of one's own: a shared one would be cancelled for all when one browser hangs up.
        done = asyncio.get_running_loop().create_future()
        self._queue.append((entry, done))
        self._wake.set()
        await done

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            group, self._queue = self._queue[:GROUP], self._queue[GROUP:]
            if not self._queue:
                self._wake.clear()
            try:
                async with asyncio.timeout(DEADLINE_S):
                    await self._log.append([entry for entry, _ in group])
            except (RedisError, OSError, TimeoutError) as error:
                for _, done in group:
                    if not done.done():
                        done.set_exception(Unavailable(f"the log cannot be written: {error}"))
                continue
            for _, done in group:
                if not done.done():
                    done.set_result(None)
