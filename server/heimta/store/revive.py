"""Write the records of a backup into a store, which is marked meanwhile: nothing starts on half of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from redis.exceptions import RedisError

from heimta.store import keys
from heimta.store.connect import Client, masters, text

# A log goes on after the last id it ever gave, also when it is empty: ids come from a clock, and one that is
# behind would else give ids that count as folded.
_GO_ON = """
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('XADD', KEYS[1], ARGV[1], 'x', '')
  redis.call('XDEL', KEYS[1], ARGV[1])
else
  redis.call('XSETID', KEYS[1], ARGV[1])
end
"""
COMMANDS = 1000  # in one pipeline
PART = 1000  # items of one command


class Kept(Protocol):
    """What a record must have; operate.archive.Record does."""

    @property
    def key(self) -> bytes: ...
    @property
    def kind(self) -> str: ...
    @property
    def until(self) -> int: ...
    @property
    def items(self) -> list[bytes]: ...
    @property
    def entries(self) -> list[tuple[bytes, list[bytes]]]: ...


async def held_keys(redis: Client, partitions: int) -> int:
    """How many keys the store holds, but for those that an edge or worker writes when it merely starts."""
    passing = [keys.PARTITIONS, keys.PROBE, keys.WORKERS, keys.EDGES, keys.BACKUP]
    passing += [name(number) for number in range(partitions) for name in (keys.term, keys.probe)]
    total = 0
    for node in await masters(redis):
        total += int(await node.dbsize())
    for key in passing:
        total -= int(await redis.exists(key))
    return total


async def owners(redis: Client, partitions: int) -> list[int]:
    """Partitions that a worker owns now."""
    return [number for number in range(partitions) if await redis.exists(keys.lease(number))]


async def empty(redis: Client) -> int:
    """Delete what is Heimta's, and nothing else that lies in the same database. Returns how many keys."""
    gone = 0
    for pattern in ("{p*}:*", "{shop:*}:*", "heimta:*", *keys.EVERY_CONSOLE_KEY):
        for node in await masters(redis):
            found: list[bytes] = []
            async for key in node.scan_iter(match=pattern, count=1000):
                if key != keys.RESTORING.encode():
                    found.append(key)
                if len(found) >= COMMANDS:
                    gone += await _unlink(redis, found)
                    found = []
            gone += await _unlink(redis, found)
    return gone


async def _unlink(redis: Client, found: list[bytes]) -> int:
    if found:
        async with redis.pipeline(transaction=False) as pipe:
            for key in found:
                pipe.unlink(key)
            await pipe.execute()
    return len(found)


async def begin(redis: Client, partitions: int) -> None:
    await redis.set(keys.RESTORING, 1)
    await redis.set(keys.PARTITIONS, partitions)


async def end(redis: Client, *, hold: int) -> None:
    """hold: steps that were due before this are not sent, ms; 0 sends them all."""
    if hold:
        await redis.set(keys.HOLD, hold)
    await redis.delete(keys.RESTORING)


async def hold(redis: Client) -> int:
    """Steps that were due before this are not sent, ms; 0 when there was no restore."""
    return int(await redis.get(keys.HOLD) or 0)


async def put(redis: Client, records: Iterable[Kept]) -> None:
    """Write records into a store that has none of their keys."""
    pipe = redis.pipeline(transaction=False)
    for record in records:
        _queue(pipe, record)
        if len(pipe) >= COMMANDS:
            await _send(pipe)
    await _send(pipe)


async def _send(pipe: Client) -> None:
    for answer in await pipe.execute(raise_on_error=False):  # type: ignore[attr-defined]  # a pipeline
        if isinstance(answer, Exception):
            raise answer if isinstance(answer, RedisError) else RedisError(str(answer))


def _queue(pipe: Client, record: Kept) -> None:
    key = text(record.key)
    if record.kind == "string":
        pipe.set(key, record.items[0], pxat=record.until or None)
        return
    if record.kind == "stream":
        _queue_stream(pipe, key, record)
    for start in range(0, len(record.items), PART * 2):
        part = record.items[start : start + PART * 2]
        if record.kind == "hash":
            pipe.hset(key, items=part)
        elif record.kind == "zset":
            pipe.zadd(key, {part[i]: float(part[i + 1]) for i in range(0, len(part), 2)})
        elif record.kind == "set":
            pipe.sadd(key, *part)
    if record.until:
        pipe.pexpireat(key, record.until)


def _queue_stream(pipe: Client, key: str, record: Kept) -> None:
    for entry_id, fields in record.entries:
        pipe.xadd(key, dict(zip(fields[::2], fields[1::2], strict=True)), id=entry_id)
    last = text(record.items[0])
    if last != "0-0":
        pipe.eval(_GO_ON, 1, key, last)
