"""The send log: what was decided on each message of a visitor, by which rule, and on which facts.

Written by the sender after each decision and each answer of a channel; read by `heimta why` and the console.
A row written again after a crash is the same row. Kept as long as a visitor's state, at most KEEP rows.
The facts are kept as they were encoded: this room does not know what they mean.
"""

from __future__ import annotations

from typing import cast

import msgspec
from msgspec import Raw, Struct

from heimta.store import keys
from heimta.store.connect import Client
from heimta.store.script import Argument, Script

KEEP = 150  # of one visitor, the newest


class Row(Struct, frozen=True, omit_defaults=True):
    """outcome: send, defer, skip (decided, with facts); sent, failed, gone, unknown, retry (the channel's).

    rule: which rule decided, or what the channel said. until: of a deferral or a retry, ms.
    """

    at: int  # ms
    message: str
    journey: str
    step: str
    channel: str
    outcome: str
    rule: str = ""
    until: int = 0
    facts: Raw = Raw(b"null")


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Row).decode


# KEYS a visitor's send log · ARGV how many it keeps, seconds, then of each row: ms, row
_ADD = Script("""
for a = 3, #ARGV, 2 do redis.call('ZADD', KEYS[1], ARGV[a], ARGV[a + 1]) end
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
""")


def encoded(row: Row) -> tuple[int, bytes]:
    """Its place in the log, and what is kept of it."""
    return row.at, _encode(row)


async def keep(redis: Client, shop: str, partition: int, visitor: str, *rows: Row) -> None:
    """Raises RedisError. What goes with a step of the partition is written by that (store/partition.py)."""
    arguments: list[Argument] = [KEEP, keys.WHY_TTL_S]
    for row in rows:
        arguments += encoded(row)
    await _ADD(redis, [keys.why(partition, shop, visitor)], arguments)


async def of(redis: Client, shop: str, partition: int, visitor: str) -> list[Row]:
    """The oldest first."""
    rows = await redis.zrange(keys.why(partition, shop, visitor), 0, -1)
    return [_decode(raw) for raw in cast("list[bytes]", rows)]
