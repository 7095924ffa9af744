"""One partition as its owner sees it: lease, log, states, due set, outbox; and the one atomic write.

One worker at a time owns a partition: a lease with a token. Every write is a transaction that holds
only while the lease is still the owner's and the checkpoint is where it was, so a worker that was
paused past its lease cannot write a stale state, and a crash anywhere replays to the same one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from msgspec import Struct
from redis.exceptions import WatchError

from heimta.store import keys
from heimta.store.connect import Client, text

RawEntry = tuple[bytes, dict[bytes, bytes]]


class LostLease(Exception):
    """Another worker owns the partition now; nothing was written."""


class Write(Struct):
    """All that one step changes, in Redis' own terms. Shop and visitor ids are checked where they came
    in.
    """

    checkpoint: str = ""  # '' leaves it where it is
    states: dict[tuple[str, str], tuple[bytes, int]] = {}  # (shop, visitor) -> state, next due (0: none)
    forgotten: list[tuple[str, str]] = []  # (shop, visitor) with a timer and no state any more
    counts: dict[tuple[str, str], dict[str, int]] = {}  # (shop, yyyymmdd) -> field -> by
    lift: dict[tuple[str, str], dict[str, int]] = {}  # (shop, campaign) -> field -> by
    outbox: dict[str, bytes] = {}  # message id -> message
    outbox_done: list[str] = []
    relays: list[tuple[str, bytes]] = []  # (shop, note)
    log: list[tuple[str, str, int, bytes]] = []  # (shop, kind, at, data) appended to the own log


class PartitionStore:
    """token: names this owner; any string no other worker uses."""

    def __init__(self, redis: Client, partition: int, token: str) -> None:
        self._redis = redis
        self.partition = partition
        self._token = token.encode()

    async def acquire(self) -> bool:
        """Take the lease if it is free. True when it is ours."""
        key = keys.lease(self.partition)
        if await self._redis.set(key, self._token, nx=True, px=keys.LEASE_MS):
            return True
        return bool(await self._redis.get(key) == self._token)

    async def release(self) -> None:
        if await self._redis.get(keys.lease(self.partition)) == self._token:
            await self._redis.delete(keys.lease(self.partition))

    async def checkpoint(self) -> str:
        """Id of the last entry folded; '0' before the first."""
        raw = await self._redis.get(keys.checkpoint(self.partition))
        return text(raw) if raw is not None else "0"

    async def read_log(self, after: str, count: int) -> list[RawEntry]:
        rows = await self._redis.xrange(keys.log(self.partition), min=f"({after}", count=count)
        return cast("list[RawEntry]", rows)

    async def last_id(self) -> str:
        """Id of the newest entry, '0' for an empty log."""
        rows = cast("list[RawEntry]", await self._redis.xrevrange(keys.log(self.partition), count=1))
        return text(rows[0][0]) if rows else "0"

    async def states(self, wanted: list[tuple[str, str]]) -> list[bytes | None]:
        if not wanted:
            return []
        rows = await self._redis.mget([keys.visitor(self.partition, *names) for names in wanted])
        return cast("list[bytes | None]", rows)

    async def due(self, now: int, count: int) -> list[tuple[str, str]]:
        """(shop, visitor) of timers that are due, the earliest first."""
        rows = await self._redis.zrange(keys.due(self.partition), 0, now, byscore=True, offset=0, num=count)
        pairs = [text(row).partition(":") for row in cast("list[bytes]", rows)]
        return [(shop, visitor) for shop, _, visitor in pairs]

    async def outbox(self) -> list[bytes]:
        kept = await self._redis.hgetall(keys.outbox(self.partition))
        return cast("list[bytes]", list(kept.values()))

    async def relays(self, count: int = 100) -> list[RawEntry]:
        return cast("list[RawEntry]", await self._redis.xrange(keys.relay(self.partition), count=count))

    async def relayed(self, ids: Iterable[bytes]) -> None:
        await self._redis.xdel(keys.relay(self.partition), *ids)

    async def write(self, write: Write, *, expected: str) -> None:
        """Write all of it or nothing, and renew the lease. Raises LostLease.

        expected: the checkpoint this step started from.
        """
        p = self.partition
        async with self._redis.pipeline(transaction=True) as pipe:
            await pipe.watch(keys.lease(p), keys.checkpoint(p))
            at = await pipe.get(keys.checkpoint(p))
            if await pipe.get(keys.lease(p)) != self._token or (at or b"0") != expected.encode():
                raise LostLease(f"partition {p} is not ours")
            pipe.multi()  # type: ignore[no-untyped-call]  # redis-py left it bare
            pipe.pexpire(keys.lease(p), keys.LEASE_MS)
            if write.checkpoint:
                pipe.set(keys.checkpoint(p), write.checkpoint)
            self._put(pipe, write)
            try:
                await pipe.execute()
            except WatchError:
                raise LostLease(f"partition {p} was taken over") from None

    def _put(self, pipe: Client, write: Write) -> None:
        p = self.partition
        for (shop, visitor), (state, due_at) in write.states.items():
            pipe.set(keys.visitor(p, shop, visitor), state, ex=keys.STATE_TTL_S)
            if due_at:
                pipe.zadd(keys.due(p), {f"{shop}:{visitor}": due_at})
            else:
                pipe.zrem(keys.due(p), f"{shop}:{visitor}")
        if write.forgotten:
            pipe.zrem(keys.due(p), *(f"{shop}:{visitor}" for shop, visitor in write.forgotten))
        for (shop, day), fields in write.counts.items():
            key = keys.rollup(p, shop, day)
            for name, by in fields.items():
                pipe.hincrby(key, name, by)
            pipe.expire(key, keys.ROLLUP_TTL_S)
        for (shop, campaign), fields in write.lift.items():
            key = keys.lift(p, shop, campaign)
            for name, by in fields.items():
                pipe.hincrbyfloat(key, name, by)  # squares of money outgrow 64 bits
            pipe.expire(key, keys.ROLLUP_TTL_S)
        if write.outbox:
            pipe.hset(keys.outbox(p), mapping={name: raw for name, raw in write.outbox.items()})
        if write.outbox_done:
            pipe.hdel(keys.outbox(p), *write.outbox_done)
        for shop, note in write.relays:
            pipe.xadd(keys.relay(p), {"s": shop, "d": note})
        for shop, kind, at, data in write.log:
            pipe.xadd(keys.log(p), {"s": shop, "k": kind, "t": at, "d": data, "u": ""})

    async def trim(self, before_ms: int) -> None:
        """Drop log entries older than `before_ms`; the caller makes sure they are folded."""
        await self._redis.xtrim(keys.log(self.partition), minid=f"{before_ms}-0", approximate=True)
