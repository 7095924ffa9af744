"""How often an address was asked to confirm a yes to e-mail, so that nobody's mailbox is filled through us.

Counted under the mailbox (model/person.py), whoever asks, from however many browsers: once a day, and three
times in 90 days. A message takes a place by its name, so one that is asked about again has its own; what did
not leave after all keeps it, so nobody is asked too often.
"""

from __future__ import annotations

from collections.abc import Sequence

from heimta.store import keys
from heimta.store.connect import Client
from heimta.store.script import Script

APART_MS = 24 * 3_600_000
MOST = 3  # within keys.ASKED_TTL_S

# KEYS a mailbox's row · ARGV message, now, most, apart, seconds. Answers 1 when it has a place.
_TAKE = Script("""
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 1 end
local now = tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ARGV[5] * 1000))
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
if last[2] and tonumber(last[2]) > now - ARGV[4] then return 0 end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return 1
""")


async def take(redis: Client, shop: str, box: str, message: str, *, partitions: int, now: int) -> bool:
    """Whether the mailbox may be asked. box: its name (mailbox_names). Raises RedisError."""
    row = keys.asked(keys.partition_of(shop, box, partitions), shop, box)
    return bool(await _TAKE(redis, [row], [message, now, MOST, APART_MS, keys.ASKED_TTL_S]))


async def forget(redis: Client, shop: str, boxes: Sequence[str], partitions: int) -> None:
    for box in boxes:
        await redis.unlink(keys.asked(keys.partition_of(shop, box, partitions), shop, box))
