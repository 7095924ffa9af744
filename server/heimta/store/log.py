"""The log: one stream a partition. Appending is one command for many entries."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Protocol

import hiredis
from redis.exceptions import NoScriptError, RedisError

from heimta.store import keys
from heimta.store.connect import Client, is_clustered, together
from heimta.store.script import FULL


class Appendable(Protocol):
    """What an entry must have; ingest.entry.Entry does."""

    @property
    def partition(self) -> int: ...
    @property
    def shop(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def received(self) -> int: ...
    @property
    def data(self) -> bytes: ...
    @property
    def agent(self) -> bytes: ...


# One call appends a whole group: atomic, one answer, and one command to build instead of one an entry.
# KEYS are the partitions' logs; an entry names its own by place, so that no key is sent twice.
_APPEND = """
for a = 1, #ARGV, 6 do
  redis.call('XADD', KEYS[tonumber(ARGV[a])], '*', 's', ARGV[a + 1], 'k', ARGV[a + 2], 't', ARGV[a + 3],
    'd', ARGV[a + 4], 'u', ARGV[a + 5])
end
"""


def _named(source: str) -> tuple[str, str]:
    """A script and its hash."""
    return source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()


_PLAIN, _INSISTING = _named(_APPEND), _named(FULL + _APPEND)

Argument = str | bytes | int


WAIT_MS = 300  # for the replicas' word; below the deadline of a group (ingest/commit.py)


class TooFewReplicas(RedisError):
    """Written, and not on as many replicas as was asked for: a failover now could lose it."""


class Log:
    """Appends groups of entries. Raises redis.exceptions.RedisError when a group may not be durable.

    probe: the key that is written to see whether writing works. replicas: how many have to have a group
    before it counts as durable (WAIT); 0 asks none.
    """

    def __init__(self, redis: Client, *, probe: str = keys.PROBE, replicas: int = 0) -> None:
        self._redis = redis
        self._probe = probe
        self._replicas = replicas

    async def append(self, entries: Sequence[Appendable]) -> None:
        """Make the entries durable, all or none. After an error some may still be there: readers dedupe.

        On a cluster all or none is kept for each partition alone.
        """
        if not is_clustered(self._redis):
            await self._append(entries)
            return
        homes: dict[int, list[Appendable]] = {}
        for entry in entries:
            homes.setdefault(entry.partition, []).append(entry)
        await asyncio.gather(*(self._append(some) for some in homes.values()))

    async def insist(self, entries: Sequence[Appendable]) -> None:
        """The same, also where memory is full; the entries are few, and of one partition."""
        await self._append(entries, _INSISTING)

    async def _append(self, entries: Sequence[Appendable], script: tuple[str, str] = _PLAIN) -> None:
        places: dict[int, int] = {}  # partition -> place of its log among KEYS
        arguments: list[Argument] = []
        for entry in entries:
            place = places.setdefault(entry.partition, len(places) + 1)
            arguments += (place, entry.shop, entry.kind, entry.received, entry.data, entry.agent)
        logs = [keys.log(partition) for partition in places]
        try:
            await self._run("EVALSHA", script[1], len(logs), *logs, *arguments)
        except NoScriptError:  # a server that never saw it, or was restarted; nothing was executed
            await self._run("EVAL", script[0], len(logs), *logs, *arguments)

    async def _run(self, *command: Argument) -> None:
        if not self._replicas:
            await self._redis.execute_command(*command)  # type: ignore[no-untyped-call]  # left bare
            return
        _, having = await together(self._redis, command, self._wait)
        self._hold(having)

    @property
    def _wait(self) -> tuple[Argument, ...]:
        return ("WAIT", self._replicas, WAIT_MS)

    def _hold(self, having: int) -> None:
        if having < self._replicas:
            raise TooFewReplicas(f"NOREPLICAS {having} of {self._replicas} replicas have it")

    async def probe(self) -> None:
        """Return if the log can be written now. A write: a server that is full answers PING all the same."""
        await self._run("SET", self._probe, b"", "EX", 60)

    async def aclose(self) -> None:
        """Nothing of its own to close; the client belongs to the caller."""


class DirectLog(Log):
    """The same over a connection of its own to one server, for the edge.

    One command a group passes over it and the caller keeps the time (ingest/commit.py), so neither a pool nor
    a time-out of redis-py's stands between; and hiredis builds the command. Connecting, AUTH, TLS and the
    errors stay redis-py's.
    """

    def __init__(self, redis: Client, *, replicas: int = 0) -> None:
        super().__init__(redis, replicas=replicas)
        self._line = redis.connection_pool.make_connection()  # type: ignore[no-untyped-call]  # left bare
        self._line.socket_timeout = None
        self._turn = asyncio.Lock()

    async def _run(self, *command: Argument) -> None:
        async with self._turn:
            # A server that was started anew, or that closes idle connections, has hung up: nothing was sent.
            if self._line.is_connected and not await self._line.is_good():
                await self._line.disconnect(nowait=True)
            # Cut off in between, it disconnects: an answer that comes late is nobody else's.
            packed = hiredis.pack_command(command)  # type: ignore[arg-type]  # its stub means one argument
            await self._line.send_packed_command([packed], check_health=False)
            await self._line.read_response()
            if self._replicas:  # on the same connection: it asks for what this one wrote
                await self._line.send_command(*self._wait, check_health=False)
                self._hold(await self._line.read_response())

    async def aclose(self) -> None:
        await self._line.disconnect()
