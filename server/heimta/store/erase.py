"""Erase a person from the store, to the last byte that names them.

No list of places could be trusted to stay complete, so everything that partitions hold of the shop is looked
at. A key with one of the person's names goes. Of what holds others too (a log, the outbox, a list, another
visitor's state) the part goes that names the person: their visitor ids, hubs, e-mail addresses and telephone
numbers. Counters name nobody. A worker may be writing a state back that it read before, or have a message on
the wire whose outcome it will note; so looks are repeated until nothing has been found for as long as either
may take, and then once more.

A customer id of the shop may be as short as `7`: its hub goes, and states that have it as a customer id give
it up, but it is not searched for in texts.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, cast

import msgspec
from msgspec import Struct
from redis.exceptions import ResponseError

from heimta.model.person import hubs_of, hubs_of_customer
from heimta.model.visitor import NEVER, VisitorState
from heimta.store.connect import Client, masters, text
from heimta.store.script import Script

CHUNK = 500  # keys at once
ENTRIES = 500
LOOKS = 20
PAUSE_S = 1.0  # after a look that found something: longer than a worker's step mostly takes

# Hold numbers, or nothing of a person: the rest of a partition is looked at.
_NAMELESS = frozenset({"at", "lease", "term", "suspect", "dead-gone", "probe", "roll", "lift", "product"})

_decode = msgspec.msgpack.Decoder(VisitorState).decode
_encode = msgspec.msgpack.Encoder(order="deterministic").encode

# KEYS state · ARGV as it was read, as it shall be · answers 1 when nobody wrote it meanwhile.
SWAP = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1
""")


Row = tuple[bytes, dict[bytes, bytes]]  # of a stream

COMPACTED = 20_000  # entries of a stream that are written anew at once: Redis is held for some 50 ms

# KEYS stream · ARGV most entries · answers 0 for one that is longer. An entry that is deleted is only marked
# so in its page, and its bytes are saved with it, until the last of some hundred neighbours is gone. Written
# anew under the same ids, they are not.
COMPACT = Script("""
if redis.call('XLEN', KEYS[1]) > tonumber(ARGV[1]) then return 0 end
local rows, last = redis.call('XRANGE', KEYS[1], '-', '+'), nil
local info = redis.call('XINFO', 'STREAM', KEYS[1])
for i = 1, #info, 2 do if info[i] == 'last-generated-id' then last = info[i + 1] end end
redis.call('DEL', KEYS[1])
for _, row in ipairs(rows) do redis.call('XADD', KEYS[1], row[1], unpack(row[2])) end
if #rows == 0 then redis.call('XADD', KEYS[1], last, 'd', '') redis.call('XDEL', KEYS[1], last) end
redis.call('XSETID', KEYS[1], last)
return 1
""")


class StillThere(Exception):
    """Something is written again as fast as it is erased."""


class Marks:
    """What names a person in a shop. names: visitors and hubs. words: addresses and numbers, as told, and
    their keys at an ad network. ids: customer ids of the shop, by which states alone are looked for.
    """

    def __init__(
        self, shop: str, names: Iterable[str], words: Iterable[str], ids: Iterable[str] = ()
    ) -> None:
        self.shop = shop
        self.names = set(names)
        given = [word for word in words if word]
        self.words = {word.lower() for word in given}
        self._ids = {told.encode().lower() for told in ids if told}
        self._spellings = self.words | {word.encode().lower().decode() for word in given}
        self._set_up()

    def add(self, name: str) -> None:
        """A browser that was found on the way."""
        self.names.add(name)
        self._set_up()

    def _set_up(self) -> None:
        told = self._spellings | {json.dumps(word)[1:-1] for word in self._spellings}
        # An address within a longer one is another's: ann@b.co is neither joann@b.co nor ann@b.com.
        parts = [rb"(?<![\w.+-])" + _spelled(word) + rb"(?![\w-]|\.\w)" for word in sorted(told)]
        parts += [re.escape(name.lower().encode()) for name in sorted(self.names)]
        self._told = re.compile(b"|".join(parts) or b"(?!)")
        loose = [word.encode() for word in [*told, *(name.lower() for name in self.names)]]
        self._loose = [*loose, *self._ids]

    def are_in(self, data: bytes) -> bool:
        """For JSON and plain text."""
        return self._told.search(data.lower()) is not None

    def may_be_in(self, packed: bytes) -> bool:
        """For msgpack, where the byte before a text is its length: says yes a little too often."""
        held = packed.lower()
        return any(mark in held for mark in self._loose)


def _spelled(word: str) -> bytes:
    """A number as people write it: +49 (170) 123-4567."""
    if not word.startswith("+"):
        return re.escape(word.encode())
    return rb"\+" + rb"[ ()./-]*".join(re.escape(digit.encode()) for digit in word[1:])


class Erased(Struct):
    """How many keys, and how many parts of others. missed: parts that somebody wrote just then, for the next
    look. later: streams whose bytes go when they are trimmed.
    """

    keys: int = 0
    parts: int = 0
    missed: int = 0
    later: int = 0

    @property
    def found(self) -> int:
        return self.keys + self.parts + self.missed


async def erase(
    redis: Client,
    marks: Marks,
    *,
    settle_s: float,
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    settling: Callable[[float], None] = lambda seconds: None,
) -> Erased:
    """Raises StillThere or RedisError; what was erased by then is gone, and to be asked again is no harm.

    settle_s: how long what a worker had in hand at the last find may still be written. settling: told each
    time that it waits so long.
    """
    done, clean = Erased(), 0
    for _ in range(LOOKS):
        before = done.found
        await _look(redis, marks, done)
        clean = clean + 1 if done.found == before else 0
        if clean == 2:
            return done
        if clean:
            settling(settle_s)
        await pause(settle_s if clean else PAUSE_S)
    raise StillThere(f"after {LOOKS} looks there is still something; is the shopper in the shop right now?")


async def rewrite(redis: Client) -> list[str]:
    """A file that a server appends to holds what was written before; written anew it does not. Answers with
    what servers say that will not, since whoever runs them has to.
    """
    faults = []
    for node in await masters(redis):
        try:
            persistence = await node.info("persistence")
            if int(persistence.get("aof_enabled", 0)):
                await node.bgrewriteaof()
        except ResponseError as fault:
            faults.append(str(fault))
    return faults


async def _look(redis: Client, marks: Marks, done: Erased) -> None:
    chunk: list[bytes] = []
    async for key in redis.scan_iter(match="{p*}:*", count=1000):
        chunk.append(key)
        if len(chunk) == CHUNK:
            await _keys(redis, chunk, marks, done)
            chunk = []
    await _keys(redis, chunk, marks, done)


async def _keys(redis: Client, found: list[bytes], marks: Marks, done: Erased) -> None:
    rest = []
    for key in found:
        _, part, *more = text(key).split(":")
        if part in _NAMELESS or (more and more[0] != marks.shop):
            continue
        if marks.names.isdisjoint(more):
            rest.append(key)
        else:
            done.keys += int(await redis.unlink(key))
    async with redis.pipeline(transaction=False) as pipe:
        for key in rest:
            pipe.type(key)
        kinds = await pipe.execute()
    for key, kind in zip(rest, kinds, strict=True):
        await _BY_KIND[text(kind)](redis, key, marks, done)


async def _nothing(redis: Client, key: bytes, marks: Marks, done: Erased) -> None:
    """It is gone since it was found."""


async def _string(redis: Client, key: bytes, marks: Marks, done: Erased) -> None:
    raw = cast("bytes | None", await redis.get(key))
    if raw is None or not marks.may_be_in(raw):
        return
    if text(key).split(":", 2)[1] != "v":
        if marks.are_in(raw):
            done.keys += int(await redis.unlink(key))
        return
    state = _decode(raw)
    if _is_theirs(state, marks):
        marks.add(state.visitor)
        done.keys += int(await redis.unlink(key))
        return
    before = _encode(state)  # whoever wrote it may have put it down in another order
    new = _encode(without(state, marks))
    if new != before:
        is_swapped = bool(await SWAP(redis, [text(key)], [raw, new]))
        done.parts, done.missed = done.parts + is_swapped, done.missed + (not is_swapped)


def _is_theirs(state: VisitorState, marks: Marks) -> bool:
    """A browser that told one of their words, and that a hub has forgotten."""
    known = state.identity
    if known is None:
        return False
    told = {known.email.lower(), known.phone.lower()}
    return not marks.words.isdisjoint(told) or not marks.names.isdisjoint(hubs_of(state))


def without(state: VisitorState, marks: Marks) -> VisitorState:
    """Another's state without the person."""
    held: dict[str, Any]
    of_hub = (state.members, state.joined, state.tellers)
    for held in (state.linked, state.elsewhere, state.choices_heard, *of_hub):
        for name in marks.names & held.keys():
            del held[name]
    for mark, placed in list(state.person_orders.items()):
        placed.hubs = [hub for hub in placed.hubs if hub not in marks.names]
        if not placed.hubs:
            del state.person_orders[mark]
    for order in state.orders.values():
        given = order.customer
        if given is None:
            continue
        hubs = hubs_of_customer(state.shop, given)
        is_told = not marks.words.isdisjoint({given.email.lower(), given.phone.lower()})
        if is_told or not marks.names.isdisjoint(hubs):
            order.customer = None
    for said in state.consents.values():
        if said.word_hub in marks.names:  # of an address that was told here before
            said.word_yes, said.word_hub = NEVER, ""
    return state


async def _hash(redis: Client, key: bytes, marks: Marks, done: Erased) -> None:
    row = redis.hscan_iter(text(key), count=ENTRIES)
    gone = [name async for name, value in row if marks.are_in(name) or marks.are_in(value)]
    if gone:
        done.parts += int(await redis.hdel(text(key), *cast("list[str]", gone)))


async def _zset(redis: Client, key: bytes, marks: Marks, done: Erased) -> None:
    gone = [name async for name, _ in redis.zscan_iter(text(key), count=ENTRIES) if marks.are_in(name)]
    if gone:
        done.parts += int(await redis.zrem(key, *gone))


async def _set(redis: Client, key: bytes, marks: Marks, done: Erased) -> None:
    members = await cast("Awaitable[set[bytes]]", redis.smembers(text(key)))
    gone = [member for member in members if marks.are_in(member)]
    if gone:
        done.parts += int(await redis.srem(text(key), *cast("list[str]", gone)))


async def _list(redis: Client, key: bytes, marks: Marks, done: Erased) -> None:
    rows = await cast("Awaitable[list[bytes]]", redis.lrange(text(key), 0, -1))
    for member in {row for row in rows if marks.are_in(row)}:
        done.parts += int(await redis.lrem(text(key), 0, cast(str, member)))


async def _stream(redis: Client, key: bytes, marks: Marks, done: Erased) -> None:
    after, parts = "-", done.parts
    while rows := cast("list[Row]", await redis.xrange(key, after, count=ENTRIES)):
        ours = [(name, fields) for name, fields in rows if fields.get(b"s") == marks.shop.encode()]
        gone = [name for name, fields in ours if any(map(marks.are_in, fields.values()))]
        if gone:
            done.parts += int(await redis.xdel(key, *gone))
        after = f"({text(rows[-1][0])}"
    if done.parts > parts and not await COMPACT(redis, [text(key)], [COMPACTED]):
        done.later += 1


_BY_KIND: dict[str, Callable[[Client, bytes, Marks, Erased], Awaitable[Any]]] = {
    "none": _nothing,
    "string": _string,
    "hash": _hash,
    "zset": _zset,
    "set": _set,
    "list": _list,
    "stream": _stream,
}
