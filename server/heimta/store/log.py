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
    def agent(self) -> str: ...


# One call appends a whole group: atomic, one answer, and one command to build instead of one an entry.
_APPEND = """
for i, key in ipairs(KEYS) do
  local a = (i - 1) * 5
  redis.call('XADD', key, '*', 's', ARGV[a + 1], 'k', ARGV[a + 2], 't', ARGV[a + 3], 'd', ARGV[a + 4],
    'u', ARGV[a + 5])
end
return #KEYS
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
        arguments: list[str | bytes | int] = [keys.log(entry.partition) for entry in entries]
        for entry in entries:
            arguments += (entry.shop, entry.kind, entry.received, entry.data, entry.agent)
        try:
            await self._redis.evalsha(self._sha, len(entries), *arguments)
        except NoScriptError:  # the server was restarted without its scripts
            self._sha = str(await self._redis.script_load(_APPEND))
            await self._redis.evalsha(self._sha, len(entries), *arguments)
