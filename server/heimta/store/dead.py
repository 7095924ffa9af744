"""Dead letters: what the worker passed over, kept to be looked at, put back or thrown away.

Put back, an entry is appended to its partition's log again with the time it was received at; whoever folds it
knows a second copy, so putting back twice changes nothing. A timer is armed again. A message is never sent
again: it may have gone out before the fault, and late is worse than never.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from msgspec import Struct

from heimta.store import keys
from heimta.store.connect import Client, text
from heimta.store.partition import Dead, RawEntry
from heimta.store.script import Script

CHUNK = 100  # letters a call: each may hold a batch of 64 KiB

# KEYS dead, log, due · ARGV ids · answers how many were put back. Memory first, then what frees it.
_REPLAY = Script("""
local back = 0
for _, id in ipairs(ARGV) do
  local row = redis.call('XRANGE', KEYS[1], id, id)[1]
  local letter = {}
  for i = 1, row and #row[2] or 0, 2 do letter[row[2][i]] = row[2][i + 1] end
  if letter.k == 'timer' then
    redis.call('ZADD', KEYS[3], 'NX', letter.t, letter.s .. ':' .. cjson.decode(letter.d).vid)
  elseif row and letter.k ~= 'message' then
    redis.call('XADD', KEYS[2], '*', 's', letter.s, 'k', letter.k, 't', letter.t, 'd', letter.d,
      'u', letter.u)
  end
  if row and letter.k ~= 'message' then back = back + redis.call('XDEL', KEYS[1], id) end
end
return back
""")


class Letter(Struct, frozen=True):
    """partition, place: where it is kept. at: when it was passed over, ms."""

    partition: int
    place: str
    at: int
    dead: Dead

    @property
    def id(self) -> str:
        """Its name for people, as `parse_id` reads it: p07/1763760000000-0."""
        return f"p{self.partition:02d}/{self.place}"


def parse_id(name: str) -> tuple[int, str]:
    """(partition, place) of a letter's name. Raises ValueError."""
    partition, slash, place = name.removeprefix("p").partition("/")
    ms, dash, number = place.partition("-")
    if not (slash and dash and name.startswith("p") and all(map(str.isdecimal, (partition, ms, number)))):
        raise ValueError(
            f"{name!r} names no dead letter; `heimta dead list` shows names like p07/1763760000000-0"
        )
    return int(partition), place


async def read(redis: Client, partitions: int, *, shop: str = "", limit: int = 1000) -> list[Letter]:
    """The oldest letters, of one shop or of all ('')."""
    found: list[Letter] = []
    for partition in range(partitions):
        after = "-"
        kept = 0
        while kept < limit:
            answer = await redis.xrange(keys.dead(partition), min=after, count=CHUNK)
            rows = cast("list[RawEntry]", answer)
            for entry_id, fields in rows:
                letter = _letter(partition, text(entry_id), fields)
                after = f"({letter.place}"
                if shop in ("", letter.dead.shop) and kept < limit:
                    found.append(letter)
                    kept += 1
            if len(rows) < CHUNK:
                break
    return sorted(found, key=lambda letter: (letter.at, letter.id))[:limit]


def _letter(partition: int, place: str, fields: dict[bytes, bytes]) -> Letter:
    shop, kind, received, agent, entry, why, tries = (
        fields[name].decode(errors="replace") for name in (b"s", b"k", b"t", b"u", b"entry", b"why", b"tries")
    )
    dead = Dead(shop, kind, int(received), fields[b"d"], agent, entry, why, int(tries))
    return Letter(partition, place, int(place.partition("-")[0]), dead)


async def replay(redis: Client, names: Sequence[tuple[int, str]]) -> int:
    """Put letters back. Returns how many; messages, and letters that are gone, are left alone."""
    back = 0
    for partition, places in _chunks(names):
        places_of = [keys.dead(partition), keys.log(partition), keys.due(partition)]
        back += int(await _REPLAY(redis, places_of, places))
    return back


async def drop(redis: Client, names: Sequence[tuple[int, str]]) -> int:
    """Throw letters away. Returns how many were there."""
    return sum([int(await redis.xdel(keys.dead(p), *places)) for p, places in _chunks(names)])


def _chunks(names: Sequence[tuple[int, str]]) -> list[tuple[int, list[str]]]:
    of: dict[int, list[str]] = {}
    for partition, place in names:
        of.setdefault(partition, []).append(place)
    return [(p, places[i : i + CHUNK]) for p, places in of.items() for i in range(0, len(places), CHUNK)]


async def gone(redis: Client, partitions: int) -> int:
    """How many letters were dropped for age or number before anybody looked."""
    return sum([int(await redis.get(keys.dead_gone(p)) or 0) for p in range(partitions)])
