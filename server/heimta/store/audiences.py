"""A shop's table of its ad audiences: who should be in, and what the network was told of them.

A row is one key of a person in one ad audience. It says when somebody last wished them in, when out, and
since when the network has them; the later wish counts, and a row whose wish and telling differ stands in the
to-do list. So a wish may come twice or late, from any browser of the person, and a telling may be cut off
anywhere: what is in the list is told again, which changes nothing at the network.

All keys of a shop's table share its hash tag. A row is text, so that the scripts can read it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from typing import TypeAlias, cast

import msgspec
from msgspec import Struct

from heimta.model.audience import Change
from heimta.store import keys
from heimta.store.connect import Client, text
from heimta.store.partition import RawEntry
from heimta.store.script import Argument, Script

TOKEN = "facebook_ads_token"  # the secret with which Meta is told
APP = "facebook_ads_app"  # the secret of that token's app, which need not be the page's
LEASE_MS = 60_000  # longer than one telling may take
SEEN_TTL_S = 2 * keys.DAY_S
CHUNK = 500
PAGES = 10  # of the to-do list are looked through for what is not held up

EXCLUDED = "excluded"  # why a row is held: the person is in other remarketing
ERASED = "erased"  # the row goes once the network has let the person go

_RUN = "run"  # beside those who were seen, whose fields have a colon: the comparison that saw them


class Row(Struct, frozen=True):
    """since, until: the newest wish for in and for out, ms. told: when the network took them in, ms; 0: not.

    held: why they are not to be in although they are wished to. others: the same person's other keys.
    """

    since: int = 0
    until: int = 0
    told: int = 0
    held: str = ""
    others: tuple[str, ...] = ()

    @property
    def is_wanted(self) -> bool:
        return self.since > self.until

    @property
    def belongs(self) -> bool:
        """Whether the network should have them."""
        return self.is_wanted and not self.held


_Text: TypeAlias = bytes | bytearray | memoryview | str | int | float  # as redis-py types what a hash holds

_change = msgspec.json.Decoder(Change).decode

_ROW = """
local function read(field)
  local s, u, t, h, o = string.match(redis.call('HGET', KEYS[1], field) or '0|0|0||',
    '^(%d+)|(%d+)|(%d+)|([^|]*)|(.*)$')
  return {s = s, u = u, t = t, h = h, o = o}
end
local function wanted(row) return tonumber(row.s) > tonumber(row.u) end
local function keep(field, row, now)
  if row.h == 'erased' and row.t == '0' and not wanted(row) then
    redis.call('HDEL', KEYS[1], field)
    return redis.call('ZREM', KEYS[2], field)
  end
  redis.call('HSET', KEYS[1], field, row.s .. '|' .. row.u .. '|' .. row.t .. '|' .. row.h .. '|' .. row.o)
  if (wanted(row) and row.h == '') == (row.t ~= '0') then
    redis.call('ZREM', KEYS[2], field)
  else
    redis.call('ZADD', KEYS[2], 'NX', now, field)
  end
end
"""

# KEYS rows, todo · ARGV now, then for each wish: field, 1 for in or 0, ms, other keys.
# Answers how many rows are wanted otherwise now.
_WISH = Script(
    _ROW
    + """
local changed = 0
for i = 2, #ARGV, 4 do
  local field, at = ARGV[i], ARGV[i + 2]
  local row = read(field)
  local was = wanted(row)
  if ARGV[i + 1] == '1' then
    if tonumber(at) > tonumber(row.s) then
      row.s = at
      if wanted(row) then row.h = '' end  -- one that comes late brings back nobody who was erased
    end
    if at == row.s then row.o = ARGV[i + 3] end
  elseif tonumber(at) > tonumber(row.u) then row.u = at end
  if wanted(row) ~= was then changed = changed + 1 end
  keep(field, row, ARGV[1])
end
return changed
"""
)

# KEYS rows, todo · ARGV now, what to set (told or held), its value, fields. Who was erased stays so, whatever
# was read of them before; what the network took makes a row also where there is none any more.
_SET = Script(
    _ROW
    + """
for i = 4, #ARGV do
  local row = read(ARGV[i])
  if ARGV[2] == 'told' then
    row.t = ARGV[3]
    keep(ARGV[i], row, ARGV[1])
  elseif row.h ~= 'erased' and redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 then
    row.h = ARGV[3]
    keep(ARGV[i], row, ARGV[1])
  end
end
"""
)

# KEYS rows, todo · ARGV field and row as it was read, in turns. What was wished since stays.
_DROP = Script("""
for i = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then
    redis.call('HDEL', KEYS[1], ARGV[i])
    redis.call('ZREM', KEYS[2], ARGV[i])
  end
end
""")

# KEYS lease · ARGV token, ms · answers 1 when it is ours.
_LEASE = Script("""
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
""")


def field_of(audience: str, key: str) -> str:
    return f"{audience}:{key}"


def split(field: str) -> tuple[str, str]:
    """(audience, key)"""
    audience, _, key = field.partition(":")
    return audience, key


async def carried(redis: Client, partition: int, *, now: int) -> int:
    """Carry what a partition's states led to into the shops' tables; a copy changes nothing."""
    count = 0
    while rows := cast("list[RawEntry]", await redis.xrange(keys.ads(partition), count=CHUNK)):
        told: dict[str, list[Change]] = {}
        for _, fields in rows:
            told.setdefault(text(fields[b"s"]), []).append(_change(fields[b"d"]))
        for shop, changes in told.items():
            await wish(redis, shop, changes, now=now)
        await redis.xdel(keys.ads(partition), *[name for name, _ in rows])
        count += len(rows)
    return count


async def wish(redis: Client, shop: str, changes: Iterable[Change], *, now: int) -> int:
    """Note who should be in or out. Returns how many rows are wanted otherwise than before."""
    arguments: list[Argument] = [now]
    for change in changes:
        for key in change.keys:
            others = " ".join(other for other in change.keys if other != key)
            arguments += (field_of(change.audience, key), int(change.is_in), change.at, others)
    return int(await _WISH(redis, _table(shop), arguments)) if len(arguments) > 1 else 0


async def told(redis: Client, shop: str, fields: Sequence[str], *, is_in: bool, now: int) -> None:
    """The network took it. What was wished otherwise meanwhile stays in the to-do list."""
    for start in range(0, len(fields), CHUNK):
        part = fields[start : start + CHUNK]
        await _SET(redis, _table(shop), [now, "told", now if is_in else 0, *part])


async def hold(redis: Client, shop: str, fields: Sequence[str], why: str, *, now: int) -> None:
    """Keep these out though they are wished in; '' takes that back."""
    for start in range(0, len(fields), CHUNK):
        await _SET(redis, _table(shop), [now, "held", why, *fields[start : start + CHUNK]])


async def todo(redis: Client, shop: str, count: int, *, without: Collection[str] = ()) -> dict[str, Row]:
    """Rows that the network must be told, the oldest first; none of the ad audiences in `without`."""
    fields: list[str] = []
    for start in range(0, PAGES * count, count):
        page = cast("list[bytes]", await redis.zrange(keys.shop_ads(shop, "todo"), start, start + count - 1))
        fields += [name for name in map(text, page) if split(name)[0] not in without]
        if len(page) < count or len(fields) >= count:
            break
    return await rows(redis, shop, fields[:count])


async def backlog(redis: Client, shop: str) -> tuple[int, int]:
    """(how many rows wait to be told, since when the oldest of them does, ms; 0 for none)"""
    name = keys.shop_ads(shop, "todo")
    async with redis.pipeline(transaction=False) as pipe:
        pipe.zcard(name)
        pipe.zrange(name, 0, 0, withscores=True)
        count, oldest = cast("tuple[int, list[tuple[bytes, float]]]", tuple(await pipe.execute()))
    return int(count), round(oldest[0][1]) if oldest else 0


async def rows(redis: Client, shop: str, fields: Sequence[str]) -> dict[str, Row]:
    """Those that are there."""
    found: dict[str, Row] = {}
    for start in range(0, len(fields), CHUNK):
        part = list(fields[start : start + CHUNK])
        raw = cast("list[bytes | None]", await redis.hmget(keys.shop_ads(shop), part))
        found |= {name: read_row(text(row)) for name, row in zip(part, raw, strict=True) if row is not None}
    return found


async def table(redis: Client, shop: str) -> AsyncIterator[tuple[str, Row]]:
    """Every row, perhaps one twice while the table grows."""
    async for field, raw in redis.hscan_iter(keys.shop_ads(shop), count=CHUNK):
        yield text(field), read_row(text(raw))


def read_row(raw: str) -> Row:
    since, until, has, held, others = raw.split("|")
    return Row(int(since), int(until), int(has), held, tuple(others.split()))


def _written(row: Row) -> str:
    return f"{row.since}|{row.until}|{row.told}|{row.held}|{' '.join(row.others)}"


async def drop(redis: Client, shop: str, read: Mapping[str, Row]) -> None:
    """Forget rows that say nothing any more, as they were read."""
    if read:
        arguments = [word for field, row in read.items() for word in (field, _written(row))]
        await _DROP(redis, _table(shop), arguments)


async def _drop_all(redis: Client, shop: str, fields: Sequence[str]) -> None:
    """Forget rows that nobody is told of, whatever they say."""
    if fields:
        async with redis.pipeline(transaction=True) as pipe:
            pipe.hdel(keys.shop_ads(shop), *fields)
            pipe.zrem(keys.shop_ads(shop, "todo"), *fields)
            await pipe.execute()


async def exclude(redis: Client, shop: str, people: Sequence[str], *, takes_back: bool = False) -> int:
    """List keys of people in remarketing elsewhere, or take them off the list. Returns how many are new."""
    name, count = keys.shop_ads(shop, "not"), 0
    for start in range(0, len(people), CHUNK):
        part = people[start : start + CHUNK]
        count += int(await (redis.srem(name, *part) if takes_back else redis.sadd(name, *part)))
    return count


async def excluded(redis: Client, shop: str, people: Sequence[str]) -> set[str]:
    """Which of these are on that list."""
    if not people:
        return set()
    told = await redis.smismember(keys.shop_ads(shop, "not"), list(people))
    return {key for key, is_on in zip(people, told, strict=True) if is_on}


async def forget(
    redis: Client, shop: str, people: Sequence[str], *, audiences: Iterable[str], now: int
) -> None:
    """Erase a person: out of each ad audience, and out of the table once the network was told so; at once
    where there is nobody to tell. audiences: those that the shop has.
    """
    theirs, named = set(people), set(audiences)
    known = [field async for field, _ in table(redis, shop) if split(field)[1] in theirs]
    told = [field for field in known if split(field)[0] in named]
    await wish(redis, shop, [Change(name, False, now, [key]) for name, key in map(split, told)], now=now)
    await hold(redis, shop, told, ERASED, now=now)
    await _drop_all(redis, shop, [field for field in known if split(field)[0] not in named])
    await exclude(redis, shop, people, takes_back=True)
    # What a comparison has noted already would be wished in again.
    noted = [field async for field, _, _ in all_seen(redis, shop) if split(field)[1] in theirs]
    if noted:
        await redis.hdel(keys.shop_ads(shop, "seen"), *noted)


async def lease(redis: Client, shop: str, token: str) -> bool:
    """Whether this worker is the one that tells the network, for a while from now."""
    return bool(await _LEASE(redis, [keys.shop_ads(shop, "lease")], [token, LEASE_MS]))


async def run(redis: Client, shop: str) -> dict[str, str]:
    """How telling and comparing go, by short names (worker/audiences.py)."""
    raw = await redis.hgetall(keys.shop_ads(shop, "run"))
    return {text(name): text(value) for name, value in raw.items()}


def of(audience: str) -> str:
    """Behind the name of a note that is about one ad audience; '' is all of the shop's."""
    return f".{audience}" if audience else ""


def faults(run: Mapping[str, str]) -> dict[str, tuple[str, int]]:
    """What hinders, by ad audience, '' for all: (the network's reason, when it is tried again, ms)."""
    found = {}
    for name, reason in sorted(run.items()):
        kind, _, audience = name.partition(".")
        if kind == "fault" and reason:
            found[audience] = (reason, int(run.get(f"wait_until{of(audience)}", 0)))
    return found


async def note(redis: Client, shop: str, said: Mapping[str, str | int]) -> None:
    await redis.hset(keys.shop_ads(shop, "run"), mapping=dict[_Text, _Text](said.items()))


async def begin_seen(redis: Client, shop: str, run: str) -> None:
    """Forget what earlier comparisons noted. run: the name of the one that begins."""
    name = keys.shop_ads(shop, "seen")
    async with redis.pipeline(transaction=True) as pipe:
        pipe.unlink(name)
        pipe.hset(name, _RUN, run)
        pipe.expire(name, SEEN_TTL_S)
        await pipe.execute()


async def see(redis: Client, shop: str, found: Mapping[str, str]) -> None:
    """Note who is in by the visitors' states: field -> `<ms> <other keys>`; of two browsers' either."""
    if found:
        name = keys.shop_ads(shop, "seen")
        await redis.hset(name, mapping=dict[_Text, _Text](found.items()))
        await redis.expire(name, SEEN_TTL_S)


async def seen(redis: Client, shop: str, fields: Sequence[str]) -> tuple[str, set[str]]:
    """Which comparison noted, '' where nothing is left of it; and which of the fields, at that instant."""
    first, *raw = await redis.hmget(keys.shop_ads(shop, "seen"), [_RUN, *fields])
    noted = {field for field, value in zip(fields, raw, strict=True) if value is not None}
    return text(first or b""), noted


async def all_seen(redis: Client, shop: str) -> AsyncIterator[tuple[str, int, list[str]]]:
    """(field, since when, other keys)"""
    async for field, raw in redis.hscan_iter(keys.shop_ads(shop, "seen"), count=CHUNK):
        if text(field) != _RUN:
            at, *others = text(raw).split()
            yield text(field), int(at), others


async def forget_seen(redis: Client, shop: str) -> None:
    await redis.unlink(keys.shop_ads(shop, "seen"))


def _table(shop: str) -> list[str]:
    return [keys.shop_ads(shop), keys.shop_ads(shop, "todo")]
