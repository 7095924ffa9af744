"""The log: one stream a partition. Appending is one command for many entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from redis.exceptions import NoScriptError

from heimta.store import keys
from heimta.store.connect import Client


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


class Log:
    """Appends groups of entries. Raises redis.exceptions.RedisError when the group may not be durable."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis
        self._sha = ""

    async def append(self, entries: Sequence[Appendable]) -> None:
        """Make the entries durable, all or none. After an error some may still be there: readers dedupe."""
        if not self._sha:
            self._sha = str(await self._redis.script_load(_APPEND))
        places: dict[int, int] = {}  # partition -> place of its log among KEYS
        arguments: list[str | bytes | int] = []
        for entry in entries:
            place = places.setdefault(entry.partition, len(places) + 1)
            arguments += (place, entry.shop, entry.kind, entry.received, entry.data, entry.agent)
        logs = [keys.log(partition) for partition in places]
        try:
            await self._redis.evalsha(self._sha, len(logs), *logs, *arguments)
        except NoScriptError:  # the server was restarted without its scripts
            self._sha = str(await self._redis.script_load(_APPEND))
            await self._redis.evalsha(self._sha, len(logs), *logs, *arguments)

    async def probe(self) -> None:
        """Return if the log can be written now. A write: a server that is full answers PING all the same."""
        await self._redis.set(keys.PROBE, b"", ex=60)
