"""Whose an order is: the visitor it was told of first.

A shop may tell an order twice and name another browser the second time: it was placed on one and paid on
another. A visitor's state knows its own orders only, so two of them would count the same money.
"""

from __future__ import annotations

from hashlib import blake2b

from heimta.store import keys
from heimta.store.connect import Client, text
from heimta.store.script import FULL, Script

# From the last telling on: an order is taken for 30 days by the time that it tells, which is a later one once
# it was paid (ingest/platform_orders.py).
KEEP_S = 31 * keys.DAY_S

# KEYS order · ARGV visitor, seconds · answers the visitor it was told of first.
_FIRST = Script(
    FULL
    + """
local told = redis.call('GET', KEYS[1])
if told then
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  return told
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return ARGV[1]
"""
)


async def first_buyer(redis: Client, shop: str, order: str, visitor: str, partitions: int) -> str:
    """The visitor that this order belongs to: the given one, if it was not told before. Raises RedisError."""
    return text(await _FIRST(redis, [_key(shop, order, partitions)], [visitor, KEEP_S]))


async def buyer(redis: Client, shop: str, order: str, partitions: int) -> str | None:
    """Whose it is; None for one that was not told in the last days."""
    told = await redis.get(_key(shop, order, partitions))
    return None if told is None else text(told)


def _key(shop: str, order: str, partitions: int) -> str:
    name = blake2b(order.encode(), digest_size=12).hexdigest()  # ids of shops may hold anything
    return keys.order(keys.partition_of(shop, name, partitions), shop, name)
