"""A copy of a running store in which each partition is of one instant, without holding anybody up.

State, position in the log, due timers, outbox and figures belong together: copied one after the other they
would not fit, and a replay would count twice or not at all. So the server is asked to tell which keys change
meanwhile (client-side caching, https://valkey.io/topics/client-side-caching/), and those are copied again
until none changed while we looked: then every copy is of that same instant. Worker and edge go on; only where
something changes without a break do they wait for the last few keys, milliseconds.

Logs only grow, so they are copied last, from each partition's position on: a fact that one partition handed
to another is then in the relay of the first or in the log of the second, or in both, which counts once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any, cast

from msgspec import Struct
from redis.exceptions import RedisError

from heimta.store import keys, ledgers
from heimta.store.cluster import ClusterClient
from heimta.store.connect import Client, layout, masters, text
from heimta.store.slots import slot_of

CHUNK = 500  # keys at once: Redis is held for about a millisecond
ENTRIES = 500
ROUNDS = 100  # copies of what changed meanwhile, before writers are asked to wait a moment
PAUSE_MS = 250  # at most, and it ends by itself; the edge waits twice as long before it gives a group up
PAUSES = 5
# Not copied: the log (see above), and what only means something to workers that run.
PASSING = ("log", "lease", "term", "suspect", "probe")

RawEntry = tuple[bytes, dict[bytes, bytes]]
Entries = list[tuple[bytes, list[bytes]]]


class Held(Struct, frozen=True):
    """One key as it was. until: ms, 0 for never. items, entries: see operate/archive.py."""

    key: bytes
    kind: str
    until: int
    items: list[bytes]
    entries: Entries = []


class Busy(Exception):
    """The partition changed faster than it could be copied, or its log was trimmed meanwhile."""


class Changes:
    """Which keys with a prefix changed, told by the server over a connection of its own."""

    def __init__(self, node: Client, prefix: str) -> None:
        self._line = node.connection_pool.make_connection()  # type: ignore[no-untyped-call]  # left bare
        self._prefix = prefix
        self._changed: set[bytes] = set()
        self._all = False

    async def start(self) -> None:
        if int(getattr(self._line, "protocol", 2)) != 3:
            raise RedisError("a backup needs protocol 3: take `protocol=2` out of HEIMTA_REDIS_URL")
        await self._line.connect()
        self._line._parser.set_invalidation_push_handler(self._told)
        await self._ask("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", self._prefix)

    async def taken(self) -> set[bytes]:
        """Keys that changed since the last look. An empty set: none did, up to this very moment.

        The server tells of a change after the answers of the same turn, so one more question is needed: what
        changed before it was asked is told before it is answered.
        """
        await self._ask("PING")
        if self._all:
            raise Busy("the store was emptied meanwhile")
        changed, self._changed = self._changed, set()
        return changed

    async def stop(self) -> None:
        await self._line.disconnect()

    async def _ask(self, *command: str) -> object:
        await self._line.send_command(*command)
        while True:
            # With push_request each message comes back alone; without, redis-py calls itself for every one.
            answer = await self._line.read_response(push_request=True)
            if answer is not self:
                return answer

    async def _told(self, message: list[Any]) -> Changes:
        if message[1] is None:
            self._all = True
        else:
            self._changed.update(message[1])
        return self  # marks it as no answer


async def partition(redis: Client, number: int) -> list[Held]:
    """All that one partition holds but its log, of one instant. Raises Busy, RedisError or OSError."""
    prefix = f"{keys.tag(number)}:"
    before = await layout(redis)
    node = await _server_of(redis, prefix)
    changes = Changes(node, prefix)
    try:
        await changes.start()
        held: dict[bytes, Held] = {}
        found = [key async for key in node.scan_iter(match=f"{prefix}*", count=1000)]
        await _copy(redis, prefix, found, held)
        if not (
            await _settle(redis, changes, prefix, held) or await _hush(redis, node, changes, prefix, held)
        ):
            raise Busy(f"partition {number} never stood still; try again when less is going on")
        if await layout(redis) != before:
            raise Busy(f"partition {number} was moved to another server, or lost its own; try again")
        return list(held.values())
    finally:
        await changes.stop()


async def _settle(redis: Client, changes: Changes, prefix: str, held: dict[bytes, Held]) -> bool:
    """Copy what changed until nothing did. False if something always does."""
    for _ in range(ROUNDS):
        changed = {key for key in await changes.taken() if _is_kept(prefix, key)}
        if not changed:
            return True
        await _copy(redis, prefix, changed, held)
    return False


async def _hush(redis: Client, node: Client, changes: Changes, prefix: str, held: dict[bytes, Held]) -> bool:
    """The same while writers wait. It takes as long as copying what few keys changed since the last round."""
    for _ in range(PAUSES):
        await node.client_pause(PAUSE_MS, all=False)
        try:
            if await _settle(redis, changes, prefix, held):
                return True
        finally:
            await node.client_unpause()
    return False


async def first_after(redis: Client, number: int, after: str) -> bytes | None:
    """Id of the first entry beyond a position."""
    rows = await redis.xrange(keys.log(number), f"({after}", count=1)
    return cast(bytes, rows[0][0]) if rows else None


async def log(redis: Client, number: int, after: str, first: bytes | None) -> AsyncIterator[Held]:
    """A partition's log beyond a position, in parts; the last part names the last id that the log ever gave.

    first: what `first_after` said when the partition was copied; if it is gone, the log was trimmed since.
    """
    key = keys.log(number)
    if not await redis.exists(key):
        return
    last, at = text((await redis.xinfo_stream(key))["last-generated-id"]), after
    while True:
        rows = cast(
            "list[tuple[bytes, dict[bytes, bytes]]]", await redis.xrange(key, f"({at}", last, ENTRIES)
        )
        if not rows:
            break
        yield Held(key.encode(), "stream", 0, [rows[-1][0]], _entries(rows))
        at = text(rows[-1][0])
    if first is not None and await first_after(redis, number, after) != first:
        raise Busy(f"the log of partition {number} was trimmed meanwhile; try again")
    yield Held(key.encode(), "stream", 0, [last.encode()])


async def shared(redis: Client) -> AsyncIterator[Held]:
    """What belongs to no partition: shops with their secrets, and console users. Not who is logged in."""
    for shop in sorted(await redis.smembers(keys.SHOPS)):
        name = text(shop)
        own: dict[bytes, Held] = {}
        together = [keys.documents(name), keys.revision(name), keys.secrets(name), keys.words(name)]
        together += await ledgers.all_keys(redis, name)
        together.append(keys.older(name))
        together += [keys.shop_ads(name), keys.shop_ads(name, "todo"), keys.shop_ads(name, "not")]
        await _copy(redis, f"{{shop:{name}}}:", [key.encode() for key in together], own)
        for held in own.values():
            yield held
    rest: dict[bytes, Held] = {}
    for node in await masters(redis):
        users = [key async for key in node.scan_iter(match=keys.EVERY_USER, count=1000)]
        await _copy(redis, keys.user(""), users, rest)
    await _copy(redis, "heimta:", [keys.SHOPS.encode(), keys.DELETING.encode()], rest)
    for held in rest.values():
        yield held


def position(copied: Iterable[Held], number: int) -> str:
    """How far the log was folded at the instant of the copy."""
    key = keys.checkpoint(number).encode()
    return next((text(held.items[0]) for held in copied if held.key == key), "0")


async def _server_of(redis: Client, prefix: str) -> Client:
    """The very server that has a partition: only it knows what changes there."""
    if isinstance(redis, ClusterClient):
        return await redis.topology.node_for(slot_of(prefix))
    return redis


def _is_kept(prefix: str, key: bytes) -> bool:
    return key.decode(errors="replace").removeprefix(prefix) not in PASSING


async def _copy(redis: Client, prefix: str, found: Iterable[bytes], held: dict[bytes, Held]) -> None:
    """Copy keys into `held`; those that are gone leave it."""
    wanted = sorted({key for key in found if _is_kept(prefix, key)})
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        for key, copy in zip(part, await _read(redis, prefix, part), strict=True):
            if copy is None:
                held.pop(key, None)
            else:
                held[key] = copy
        await asyncio.sleep(0)


async def _read(redis: Client, prefix: str, part: list[bytes]) -> list[Held | None]:
    visitors = f"{prefix}v:".encode()  # by far the most, and known to be strings
    others = [key for key in part if not key.startswith(visitors)]
    async with redis.pipeline(transaction=False) as pipe:
        for key in others:
            pipe.type(key)
        kinds = dict(zip(others, map(text, await pipe.execute() if others else []), strict=True))
    async with redis.pipeline(transaction=False) as pipe:
        for key in part:
            _ask_for(pipe, key, kinds.get(key, "string"))
            pipe.pexpiretime(text(key))
        answers = await pipe.execute(raise_on_error=False)
    found = zip(part, answers[::2], answers[1::2], strict=True)
    return [_held(key, kinds.get(key, "string"), value, until) for key, value, until in found]


def _ask_for(pipe: Client, key: bytes, kind: str) -> None:
    if kind == "hash":
        pipe.hgetall(key)
    elif kind == "zset":
        pipe.zrange(key, 0, -1, withscores=True)
    elif kind == "set":
        pipe.smembers(key)
    elif kind == "stream":
        pipe.xrange(key)
    else:
        pipe.get(key)


def _held(key: bytes, kind: str, value: Any, until: Any) -> Held | None:
    for answer in (value, until):
        if isinstance(answer, Exception):
            if str(answer).startswith("WRONGTYPE"):  # changed meanwhile: it is copied again
                return None
            raise answer
    if until == -2 or not value:
        return None
    items: list[bytes] = []
    entries: Entries = []
    if kind == "hash":
        items = [part for pair in value.items() for part in pair]
    elif kind == "zset":
        items = [part for member, score in value for part in (member, repr(score).encode())]
    elif kind == "set":
        items = sorted(value)
    elif kind == "stream":
        items, entries = [value[-1][0]], _entries(value)
    else:
        items = [value]
    return Held(key, kind, max(0, int(until)), items, entries)


def _entries(rows: list[RawEntry]) -> Entries:
    return [(entry_id, [part for pair in fields.items() for part in pair]) for entry_id, fields in rows]
