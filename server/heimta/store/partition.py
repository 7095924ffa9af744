"""One partition as its owner sees it: lease, log, states, due set, outbox; and the one atomic write.

One worker at a time owns a partition: a lease that names the worker and its term, a number that grows with
each owner. Every write is one script that does all or nothing, and nothing once the lease or the checkpoint
is not what this owner believes. So a worker that was paused past its lease cannot write a stale state, and a
crash anywhere replays to the same one. One round trip a write; every key shares the partition's hash tag.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import cast

from msgspec import Struct, structs

from heimta.model.preferences import Proof
from heimta.store import answers, keys, proofs, watchers, why
from heimta.store.connect import Client, text
from heimta.store.groups import Groups
from heimta.store.partition_scripts import ACQUIRE, CLAIM, RELEASE, SUSPECT, WRITE
from heimta.store.script import Argument

RawEntry = tuple[bytes, dict[bytes, bytes]]
Pair = tuple[str, str]  # (shop, visitor)

NEVER_DUE = 2**62  # ms
MARK = 64  # bytes; they hold whose entry it is
CLAIMS = 16  # by one call: as many as a process has in hand (worker/send.py)

_Asked = tuple[str, str, str, bytes]  # of a claim: since, visitor, message, mark


class LostLease(Exception):
    """Another worker owns the partition now; nothing was written."""


class Taken(Struct, frozen=True):
    """A lease that is ours. crashed: its owner before neither gave it back nor was this very worker."""

    term: int
    crashed: bool


class Dead(Struct, frozen=True):
    """What is passed over for good, and why. entry: its id in the log, '' for what never was in one."""

    shop: str
    kind: str  # of the entry; or timer, or message
    received: int  # ms
    data: bytes
    agent: str
    entry: str
    why: str
    tries: int


class Write(Struct):
    """All that one step changes, in Redis' own terms. Shop and visitor ids are checked where they came in."""

    checkpoint: str = ""  # '' leaves it where it is
    states: dict[Pair, bytes] = {}
    ttls: Mapping[Pair, int] = {}  # seconds, of states that are not kept as long as a browser's
    due: dict[Pair, int] = {}  # next timers that changed, ms; 0 for none any more
    counts: Mapping[tuple[str, str], Mapping[str, int]] = {}  # (shop, yyyymmdd) -> field -> by
    lift: Mapping[tuple[str, str], Mapping[str, int]] = {}  # (shop, campaign) -> field -> by
    told: Mapping[Pair, Sequence[why.Row]] = {}  # rows of the send log
    outbox: dict[str, bytes] = {}  # message id -> message
    outbox_done: list[str] = []
    relays: list[tuple[str, bytes]] = []  # (shop, note)
    ads: list[tuple[str, bytes]] = []  # (shop, change of an ad audience)
    log: list[tuple[str, str, int, bytes]] = []  # (shop, kind, at, data) appended to the own log
    dead: list[Dead] = []
    cleared: list[str] = []  # suspects that turned out well, or are dead letters now


class PartitionStore:
    """token: `<name>/<life>`, or any string that no other worker uses. The name may be that of a dead
    worker, in whose place this one is; the life is this process's alone.
    """

    def __init__(self, redis: Client, partition: int, token: str) -> None:
        self._redis = redis
        self.partition = partition
        self._token = token
        self._fence = ""
        self._read: list[RawEntry] = []  # what read_log answered last
        self._claims: Groups[_Asked, bool] = Groups(self._claim, most=CLAIMS)

    async def acquire(self) -> Taken | None:
        """Take the lease if it is free or this worker's own already; None if somebody else has it.

        Its own is also what a former life of its name left, until it owned the partition itself. After that
        another life of the name is a living one, on a disk without locks: the later keeps what it took.
        """
        p = self.partition
        names = [keys.lease(p), keys.term(p)]
        name, has_name, _ = self._token.partition("/")
        heir = name if has_name and not self._fence else ""
        term, crashed = await ACQUIRE(self._redis, names, [self._token, keys.LEASE_MS, heir])
        if not term:
            return None
        self._fence = f"{term}.{self._token}"
        return Taken(int(term), bool(crashed))

    async def release(self) -> None:
        """Give the lease back, if it is ours still."""
        p = self.partition
        await RELEASE(self._redis, [keys.lease(p), keys.term(p)], [self._fence])

    async def checkpoint(self) -> str:
        """Id of the last entry folded; '0' before the first."""
        raw = await self._redis.get(keys.checkpoint(self.partition))
        return text(raw) if raw is not None else "0"

    async def read_log(self, after: str, count: int) -> list[RawEntry]:
        rows = await self._redis.xrange(keys.log(self.partition), min=f"({after}", count=count)
        self._read = cast("list[RawEntry]", rows)
        return self._read

    async def last_id(self) -> str:
        """Id of the newest entry, '0' for an empty log."""
        rows = cast("list[RawEntry]", await self._redis.xrevrange(keys.log(self.partition), count=1))
        return text(rows[0][0]) if rows else "0"

    async def states(self, wanted: list[Pair]) -> list[bytes | None]:
        if not wanted:
            return []
        rows = await self._redis.mget([keys.visitor(self.partition, *names) for names in wanted])
        return cast("list[bytes | None]", rows)

    async def due(self, now: int, count: int) -> list[tuple[Pair, int]]:
        """Timers that are due, the earliest first, at most `count`; each with when it was due, ms."""
        rows = await self._redis.zrange(
            keys.due(self.partition), 0, now, byscore=True, offset=0, num=count, withscores=True
        )
        found = []
        for member, score in cast("list[tuple[bytes, float]]", rows):
            shop, _, visitor = text(member).partition(":")
            found.append(((shop, visitor), int(score)))
        return found

    async def next_due(self) -> int:
        """When the earliest timer is due, ms; NEVER_DUE without one."""
        rows = await self._redis.zrange(keys.due(self.partition), 0, 0, withscores=True)
        return int(cast("list[tuple[bytes, float]]", rows)[0][1]) if rows else NEVER_DUE

    async def outbox(self) -> list[bytes]:
        kept = await self._redis.hgetall(keys.outbox(self.partition))
        return cast("list[bytes]", list(kept.values()))

    async def relays(self, after: str = "", count: int = 100) -> list[RawEntry]:
        start = f"({after}" if after else "-"
        rows = await self._redis.xrange(keys.relay(self.partition), start, count=count)
        return cast("list[RawEntry]", rows)

    async def relayed(self, ids: Iterable[bytes]) -> None:
        await self._redis.xdel(keys.relay(self.partition), *ids)

    async def dead(self) -> int:
        """How many dead letters wait."""
        return int(await self._redis.xlen(keys.dead(self.partition)))

    async def suspect(self, entry: str) -> int:
        """Note that this entry is begun, alone. Returns how often it was by now, 1 or more. Raises LostLease.

        Whatever ends the process while the entry is in hand leaves the note; a Write that names it in
        `cleared` takes it away.
        """
        p = self.partition
        count = int(await SUSPECT(self._redis, [keys.lease(p), keys.suspects(p)], [self._fence, entry]))
        if not count:
            raise LostLease(f"partition {p} is not ours")
        return count

    async def note(
        self, heard: answers.Heard, said: Sequence[tuple[str, str, Proof]], watched: watchers.Watched
    ) -> None:
        """List who answered a survey and who watches what, and prove what was said. May be done twice, and
        before the step that folds it.
        """
        if heard:
            await answers.note(self._redis, self.partition, heard)
        for shop, visitor, proof in said:
            await proofs.keep(self._redis, shop, self.partition, visitor, proof)
        if watched:
            await watchers.note(self._redis, self.partition, watched)

    async def has_suspects(self) -> bool:
        """Whether an entry was begun and never ended well."""
        return bool(await self._redis.exists(keys.suspects(self.partition)))

    async def write(self, write: Write, *, expected: str) -> None:
        """Write all of it or nothing, and renew the lease. Raises LostLease.

        expected: the checkpoint this step started from. A new one has to be an entry of the log where the
            step is written, which is not where it was read when a master was replaced in between.
        """
        mark = self._mark(write.checkpoint.encode())
        arguments: list[Argument] = [self._fence, keys.LEASE_MS, expected, write.checkpoint, mark]
        if not await WRITE(self._redis, self._keys(write), arguments + _arguments(write)):
            raise LostLease(f"partition {self.partition} is not ours")

    async def claim(self, visitor: str, message: str, mark: bytes, *, since: str) -> bool:
        """Whether nothing of the visitor was acknowledged since that place of the log; then the mark is kept
        in the same instant. mark: the message as it shall be in the outbox, b"" to leave it. Raises
        LostLease. Those that are asked for meanwhile are claimed by one call.
        """
        return await self._claims.ask((since, visitor, message, mark))

    async def _claim(self, asked: list[_Asked]) -> list[bool]:
        p = self.partition
        arguments: list[Argument] = [self._fence, keys.LEASE_MS]
        for one in asked:
            arguments += one
        told = await CLAIM(self._redis, [keys.lease(p), keys.log(p), keys.outbox(p)], arguments)
        if not told:
            raise LostLease(f"partition {p} is not ours")
        return [answer == 1 for answer in told]

    def _mark(self, entry: bytes) -> bytes:
        """How an entry's data began when it was read: two logs may give two entries the same id."""
        read = next((fields for name, fields in reversed(self._read) if name == entry), {})
        return read.get(b"d", b"")[:MARK]  # an entry that is no entry of ours may have none

    def _keys(self, write: Write) -> list[str]:
        p = self.partition
        return [
            keys.lease(p),
            keys.checkpoint(p),
            keys.due(p),
            keys.outbox(p),
            keys.relay(p),
            keys.log(p),
            keys.dead(p),
            keys.dead_gone(p),
            keys.suspects(p),
            keys.ads(p),
            *(keys.visitor(p, *names) for names in write.states),
            *(keys.rollup(p, *names) for names in write.counts),
            *(keys.lift(p, *names) for names in write.lift),
            *(keys.why(p, *names) for names in write.told),
        ]

    async def trim(self, before_ms: int) -> None:
        """Drop log entries older than `before_ms`; the caller makes sure they are folded.

        In bounded calls, so that nobody else waits long: `~` lets Redis stop after 10,000 entries.
        """
        name = keys.log(self.partition)
        while await self._redis.xtrim(name, minid=f"{before_ms}-0", approximate=True):
            pass

    async def trim_dead(self, before_ms: int) -> None:
        """Drop dead letters that nobody asked for until now."""
        p = self.partition
        gone = await self._redis.xtrim(keys.dead(p), minid=f"{before_ms}-0", approximate=True)
        if gone:
            await self._redis.incrby(keys.dead_gone(p), gone)


def _arguments(write: Write) -> list[Argument]:
    """What the script takes, in its order."""
    due = {f"{shop}:{visitor}": at for (shop, visitor), at in write.due.items()}
    rows: list[Argument] = [keys.ROLLUP_TTL_S]
    _add(rows, [(raw, write.ttls.get(names, keys.STATE_TTL_S)) for names, raw in write.states.items()])
    _add(rows, [(at, name) for name, at in due.items() if at])
    for sums in (write.counts, write.lift):
        rows.append(len(sums))
        for fields in sums.values():
            _add(rows, fields.items())
    rows += (keys.WHY_TTL_S, why.KEEP, len(write.told))
    for told in write.told.values():
        _add(rows, [why.encoded(row) for row in told])
    _add(rows, write.outbox.items())
    _add(rows, write.relays)
    _add(rows, write.ads)
    _add(rows, write.log)
    rows += (len(write.dead), keys.DEAD_KEEP)
    for dead in write.dead:
        rows += structs.astuple(dead)
    _add(rows, [(name,) for name, at in due.items() if not at])
    _add(rows, [(name,) for name in write.outbox_done])
    _add(rows, [(name,) for name in write.cleared])
    return rows


def _add(rows: list[Argument], more: Collection[tuple[Argument, ...]]) -> None:
    """A count, then that many rows, flat."""
    rows.append(len(more))
    for row in more:
        rows += row
