"""What a person's attention was spent on, under each of their names, and how it is spent without a race.

Two browsers of one person are folded by two workers, and share a name (model/person.py). So who spends reads
all names, decides, and writes each back only as long as it holds what was read; what was decided on something
else is decided anew. The limits themselves are in rules/attention.py and nowhere else: the script knows none.

Each name's row lies in the partition of that name, so one step cannot take them all. A message that stands
in one row and not yet in the next makes others wait a little longer, and lets nobody through.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import msgspec
from msgspec import Struct

from heimta.model.attention import Touches
from heimta.store import keys
from heimta.store.connect import Client
from heimta.store.script import Script

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Touches).decode

# KEYS[1] one name's row; ARGV: what it held when it was read ('' for nothing), what it is to hold, seconds
_SWAP = Script("""
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
""")


class Looked(Struct, frozen=True):
    """What was read: each row as it is, and the touches of all, each once and in order."""

    rows: tuple[tuple[str, bytes], ...]  # key, bytes
    touches: Touches


async def look(redis: Client, shop: str, names: Sequence[str], partitions: int) -> Looked:
    """Raises RedisError."""
    places = [
        keys.spent(keys.partition_of(shop, name, partitions), shop, name) for name in sorted(set(names))
    ]
    held = [cast("bytes | None", await redis.get(place)) or b"" for place in places]
    touches = {touch for raw in held if raw for touch in _decode(raw)}
    return Looked(tuple(zip(places, held, strict=True)), tuple(sorted(touches)))


async def spend(redis: Client, looked: Looked, touches: Touches) -> bool:
    """Write these touches under every name. False: one of them was written meanwhile, so look again; what
    was written under the others stays until then. Twice the same changes nothing. Raises RedisError.
    """
    raw = _encode(touches)
    for place, held in looked.rows:
        if held != raw and not await _SWAP(redis, [place], [held, raw, keys.SPENT_TTL_S]):
            return False
    return True


async def forget(redis: Client, shop: str, names: Sequence[str], partitions: int) -> None:
    for name in names:
        await redis.unlink(keys.spent(keys.partition_of(shop, name, partitions), shop, name))
