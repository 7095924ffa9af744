"""End a shop: first nobody serves it any more, then all that is kept of it goes.

A mark says that a deletion has begun. It is written first and goes last, so whoever was killed in between is
followed by whoever is asked next, and nobody makes a shop of that name on what is left. Edges and workers
look for it whenever they read the shops again, and let go of it within a second or two.

What they had in hand may be written after that (a step, the outcome of a message), so looks are repeated
until nothing has been found for as long as that may take, and then once more: as for a person (erase.py),
and for the same reason no list of places is trusted. A key with the shop's name goes; of what all shops share
(logs, timers, the outbox) the shop's part does. No call holds the store up: keys are walked, not listed.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any, cast

import msgspec
from msgspec import Struct, field

from heimta.store import documents, keys, partitions
from heimta.store.connect import Client, layout, text
from heimta.store.erase import CHUNK, COMPACT, COMPACTED, ENTRIES, LOOKS, PAUSE_S, Row, StillThere

NOTICED_S = 3.0  # by then edges and workers have looked (edge/shops.py, worker/loop.py)

# Of all shops, and without a word of any.
_NAMELESS = frozenset({"at", "lease", "term", "suspect", "dead-gone", "probe"})
_PARTITION = re.compile(r"\{p\d+\}:")


class _Owned(Struct):
    """What says whose it is: messages, samples."""

    shop: str = ""


_owned = msgspec.json.Decoder(_Owned).decode


class Deleted(Struct):
    """What was found of a shop, by its kind as the keys call it; `parts`: within what all shops share.

    later: logs too long to be written anew, whose bytes go when they are trimmed.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    parts: int = 0
    later: set[str] = field(default_factory=set)

    @property
    def found(self) -> int:
        return self.kinds.total() + self.parts


async def begun(redis: Client) -> list[str]:
    """Shops whose deletion has not come to its end, sorted."""
    return sorted(text(member) for member in await redis.smembers(keys.DELETING))


async def gone(redis: Client, known: Collection[str], listed: Collection[str]) -> set[str]:
    """Which shops are to be let go of. known: those that the asker has. listed: those that there are.

    Also one that was deleted while the asker could not ask. A store that lost everything has no word on it.
    """
    found = set(await begun(redis))
    for shop in set(known) - set(listed) - found:
        if not await documents.revision(redis, shop) and await partitions.kept(redis):
            found.add(shop)
    return found


async def stop(redis: Client, shop: str) -> None:
    """From now on nobody serves it. May be asked again."""
    await redis.sadd(keys.DELETING, shop)
    await redis.srem(keys.SHOPS, shop)
    await redis.unlink(keys.secrets(shop))  # without them `heimta apply` installs nothing
    await redis.unlink(keys.documents(shop))


async def count(redis: Client, shop: str) -> Counter[str]:
    """How many keys there are of a shop, by kind; nothing is changed."""
    found: Counter[str] = Counter()
    async for key in redis.scan_iter(match="{*}:*", count=1000):
        if kind := _kind(text(key), shop):
            found[kind] += 1
    return found


async def delete(
    redis: Client,
    shop: str,
    *,
    settle_s: float,
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    settling: Callable[[float], None] = lambda seconds: None,
    going: Callable[[Deleted], None] = lambda done: None,
) -> Deleted:
    """Raises StillThere or RedisError; what went by then is gone, and to be asked again goes on.

    settle_s: how long what a worker had in hand at the last find may still be written. settling: told each
    time that it waits so long. going: told now and then what went so far.
    """
    await stop(redis, shop)
    await pause(NOTICED_S)
    walk, clean = _Walk(redis, shop, going), 0
    for _ in range(LOOKS):
        before, servers = walk.done.found, await layout(redis)
        await walk.look()
        is_whole = await layout(redis) == servers  # else what moved meanwhile may have been passed by
        if not is_whole:
            walk.read_to = {}
        clean = clean + 1 if walk.done.found == before and is_whole else 0
        if clean == 2:
            await redis.srem(keys.DELETING, shop)
            return walk.done
        if clean:
            settling(settle_s)
        await pause(settle_s if clean else PAUSE_S)
    raise StillThere(f"after {LOOKS} looks something of shop {shop!r} is still being written")


def _kind(key: str, shop: str) -> str:
    """Of a key that is the shop's alone, as keys.py calls it; '' for any other."""
    if key.startswith(f"{{shop:{shop}}}:"):
        return key.split(":")[2]
    parts = key.split(":")
    return parts[1] if len(parts) > 2 and parts[2] == shop and _PARTITION.match(key) else ""


class _Walk:
    """read_to: how far streams were read: what comes later is behind that."""

    def __init__(self, redis: Client, shop: str, going: Callable[[Deleted], None]) -> None:
        self._redis = redis
        self._shop = shop
        self._going = going
        self.done = Deleted()
        self.read_to: dict[str, str] = {}

    async def look(self) -> None:
        chunk: list[str] = []
        async for key in self._redis.scan_iter(match="{*}:*", count=1000):
            chunk.append(text(key))
            if len(chunk) == CHUNK:
                await self._keys(chunk)
                chunk = []
        await self._keys(chunk)
        self.done.parts += int(await self._redis.srem(keys.SHOPS, self._shop))
        await self._list(keys.SAMPLES)

    async def _keys(self, found: list[str]) -> None:
        own = {key: kind for key in found if (kind := _kind(key, self._shop))}
        if own:
            async with self._redis.pipeline(transaction=False) as pipe:
                for key in own:
                    pipe.unlink(key)
                for kind, there in zip(own.values(), await pipe.execute(), strict=True):
                    self.done.kinds[kind] += int(there)
        for key in found:
            _, _, part = key.partition(":")
            if _PARTITION.match(key) and ":" not in part and part not in _NAMELESS:
                await self._shared(key)
        self._going(self.done)

    async def _shared(self, key: str) -> None:
        by_kind: dict[str, Callable[[str], Awaitable[None]]] = {
            "hash": self._hash,
            "zset": self._zset,
            "stream": self._stream,
        }
        kind = text(await self._redis.type(key))
        if kind in by_kind:
            await by_kind[kind](key)

    def _is_ours(self, value: bytes) -> bool:
        try:
            return _owned(value).shop == self._shop
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return False

    async def _hash(self, key: str) -> None:
        """Fields that are the shop's name, or hold what says that it is the shop's."""
        rows = self._redis.hscan_iter(key, count=ENTRIES)
        mine = [name async for name, value in rows if text(name) == self._shop or self._is_ours(value)]
        for some in _chunks(mine):
            self.done.parts += int(await self._redis.hdel(key, *cast("list[str]", some)))

    async def _zset(self, key: str) -> None:
        before = f"{self._shop}:".encode()
        rows = self._redis.zscan_iter(key, match=f"{self._shop}:*", count=ENTRIES)
        mine = [name async for name, _ in rows if name.startswith(before)]
        for some in _chunks(mine):
            self.done.parts += int(await self._redis.zrem(key, *some))

    async def _list(self, key: str) -> None:
        rows = await cast("Awaitable[list[bytes]]", self._redis.lrange(key, 0, -1))
        for member in {row for row in rows if self._is_ours(row)}:
            self.done.parts += int(await self._redis.lrem(key, 0, cast(str, member)))

    async def _stream(self, key: str) -> None:
        after, parts = self.read_to.get(key, "-"), self.done.parts
        while rows := cast("list[Row]", await self._redis.xrange(key, after, count=ENTRIES)):
            gone = [name for name, fields in rows if fields.get(b"s") == self._shop.encode()]
            if gone:
                self.done.parts += int(await self._redis.xdel(key, *gone))
                self._going(self.done)
            after = f"({text(rows[-1][0])}"
        self.read_to[key] = after
        if self.done.parts > parts and not await COMPACT(self._redis, [key], [COMPACTED]):
            self.done.later.add(key)


def _chunks(names: list[Any]) -> Iterable[list[Any]]:
    return (names[start : start + CHUNK] for start in range(0, len(names), CHUNK))
