"""Group commit: a request's entry waits for the group it joined, one round trip makes the group durable.

While one group is on its way to Redis the next one forms, so the busier the edge, the larger the groups
and the cheaper each entry. A request is answered only after its own group is durable.

When Redis cannot take a group, all who wait are told at once, and so is everyone who comes after them:
nobody waits for a server that is known to be away. Meanwhile Redis is asked whether it is back, and then
everything goes on by itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

import structlog
from redis.exceptions import OutOfMemoryError, RedisError

from heimta.ingest.entry import Entry

GROUP = 256  # entries in one group: a few arguments each, far below what Lua can unpack
GROUP_BYTES = 4 * 1024 * 1024  # 256 of the largest batches would hold Redis for too long
QUEUE = 4096  # entries that may wait; beyond that the shop's browsers are asked to come back
INSIST = 2 * QUEUE  # the same of signed orders and stops: a flood of events does not hold them off
DEADLINE_S = 0.5  # for one group; a browser keeps its events and tries again
PROBE_S = 0.25  # between two questions whether Redis is back
ASK_S = (
    2.0  # for the question, which has to connect first: five round trips, seven with TLS; nobody waits for it
)

log = structlog.get_logger()


class Unavailable(Exception):
    """The log cannot take entries now. Nothing was promised; the sender keeps its copy."""


class Durable(Protocol):
    """Where groups go: store.log.Log."""

    async def append(self, entries: list[Entry]) -> None:
        """Return once all are durable. Raises RedisError, OSError; then some may be there all the same."""

    async def insist(self, entries: list[Entry]) -> None:
        """The same, also where memory is full."""

    async def probe(self) -> None:
        """Return if it can be written now."""


# Told how it went, in the turn in which the group ended: None, or why nothing was promised.
Told = Callable[[Unavailable | None], None]
Waiting = tuple[Entry, Told]


class GroupCommit:
    """committed: told of each group: entries, and seconds from its way out to its answer. failed: of each
    failure.
    """

    def __init__(
        self,
        log: Durable,
        *,
        committed: Callable[[int, float], None] | None = None,
        failed: Callable[[], None] | None = None,
    ) -> None:
        self._log = log
        self._committed = committed or (lambda entries, seconds: None)
        self._failed = failed or (lambda: None)
        self._queue: list[Waiting] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._flying = 0  # entries on their way to Redis
        self.away = ""  # why Redis cannot take entries, '' while it can
        self.fault: Exception | None = None  # the same as it was raised
        self._is_full = False  # that is why

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="group-commit")

    async def stop(self) -> None:
        """Commit what waits, then end. Takes one deadline a group at most."""
        while self._queue or self._flying:
            await asyncio.sleep(0.01)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def waiting(self) -> int:
        """Entries that wait for a group of their own."""
        return len(self._queue)

    async def append(self, entry: Entry, *, insists: bool = False) -> None:
        """Return once the entry is durable. Raises Unavailable.

        insists: also where the store's memory or the queue is full. For what somebody signed and what ends
            messages: an order, a stop. They are few, and what is refused may not be told again in time.
        """
        try:
            await self._append(entry, insists)
        except Unavailable:
            if not (insists and self._is_full):
                raise
            try:
                async with asyncio.timeout(DEADLINE_S):
                    await self._log.insist([entry])
            except (RedisError, OSError, TimeoutError) as error:
                raise Unavailable(f"{type(error).__name__}: {error}") from error

    def submit(self, entry: Entry, told: Told, *, insists: bool = False) -> None:
        """The same for who does not wait: `told` is called once, never from in here. Raises Unavailable."""
        if self.away:
            raise Unavailable(self.away)
        if len(self._queue) >= (INSIST if insists else QUEUE):
            raise Unavailable("the queue is full")
        self._queue.append((entry, told))
        self._wake.set()

    async def _append(self, entry: Entry, insists: bool) -> None:
        # A future of one's own: a shared one would be cancelled for all when one browser hangs up.
        done = asyncio.get_running_loop().create_future()
        self.submit(entry, partial(_settle, done), insists=insists)
        await done

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            group = self._next_group()
            self._flying = len(group)
            began = time.perf_counter()
            try:
                async with asyncio.timeout(DEADLINE_S):
                    await self._log.append([entry for entry, _ in group])
            except (RedisError, OSError, TimeoutError) as error:
                await self._sit_out(group, error)
                continue
            except Exception:  # a bug: whoever waits must hear of it, and the next group is not this one
                self._flying = 0
                log.exception("group cannot be written")
                _tell(group, Unavailable("a fault of ours"))
                continue
            except asyncio.CancelledError:
                _tell(group, Unavailable("the edge is stopping"))
                raise
            self._flying = 0
            self._committed(len(group), time.perf_counter() - began)
            _tell(group, None)

    def _next_group(self) -> list[Waiting]:
        """The oldest that wait, as many as one round trip should carry."""
        size = count = 0
        for entry, _ in self._queue[:GROUP]:
            size += len(entry.data)
            if size > GROUP_BYTES and count:
                break
            count += 1
        group, self._queue = self._queue[:count], self._queue[count:]
        if not self._queue:
            self._wake.clear()
        return group

    async def _sit_out(self, group: list[Waiting], error: Exception) -> None:
        """Tell all who wait, and ask until Redis is back."""
        self._note(error)
        self._flying = 0
        self._failed()
        log.warning("log away", why=self.away)
        refused, self._queue = group + self._queue, []
        self._wake.clear()
        _tell(refused, Unavailable(self.away))
        while self.away:
            try:
                async with asyncio.timeout(ASK_S):
                    await self._log.probe()
                self.away, self._is_full, self.fault = "", False, None
            except (RedisError, OSError, TimeoutError) as still:
                self._note(still)
                await asyncio.sleep(PROBE_S)
        log.warning("log back")

    def _note(self, error: Exception) -> None:
        self.away, self.fault = f"the log cannot be written: {type(error).__name__}: {error}", error
        self._is_full = isinstance(error, OutOfMemoryError) or str(error).startswith("OOM")


def _tell(group: list[Waiting], fault: Unavailable | None) -> None:
    for _, told in group:
        try:
            told(fault)
        except Exception:  # a bug of one who waited: the others are told, and the next group goes
            log.exception("how a group ended cannot be told")


def _settle(done: asyncio.Future[None], fault: Unavailable | None) -> None:
    if done.done():  # who waited has gone
        return
    if fault is None:
        done.set_result(None)
    else:
        done.set_exception(Unavailable(str(fault)))
