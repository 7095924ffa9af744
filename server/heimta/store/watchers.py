"""Who watches a product: looked at it, or has it in a cart; and what the shop last said of it.

In each partition a list of its own visitors, written before the step that folds what they saw and not with
it: what is written twice is the same, and a name that is there too early, or too long, harms nobody: a
visitor's own state is asked. A shop's word is kept at the place of the sku, to tell news from a repetition.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from hashlib import blake2b
from typing import cast

import msgspec

from heimta.model.product import Product
from heimta.store import keys
from heimta.store.connect import Client, text
from heimta.store.script import Script

# KEYS a product · ARGV what the shop says of it, when, seconds. Of two words the later counts, whichever is
# written first: two requests at once must not make an older one the last.
_KEEP = Script("""
local held = redis.call('GET', KEYS[1])
local at = held and tonumber(string.match(held, '"at":(%d+)'))
if at and at > tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
return 1
""")

KEEP = 5_000  # of a product and partition, the newest: 80,000 with 16 partitions
READ = 500  # at once

Watched = Mapping[tuple[str, str], Mapping[str, int]]  # (shop, sku) -> visitor -> when, ms

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Product).decode


def _name(sku: str) -> str:
    """Skus of shops may hold anything."""
    return blake2b(sku.encode(), digest_size=12).hexdigest()


async def note(redis: Client, partition: int, watched: Watched) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        for (shop, sku), visitors in watched.items():
            key = keys.watch(partition, shop, _name(sku))
            pipe.zadd(key, dict(visitors), gt=True)
            pipe.zremrangebyrank(key, 0, -KEEP - 1)
            pipe.expire(key, keys.STATE_TTL_S)
        await pipe.execute()


async def page(redis: Client, partition: int, shop: str, sku: str, start: int) -> list[str]:
    """Visitors of a partition who watch it, at most READ from `start` on; who looked last is first."""
    if start >= KEEP:
        return []
    key = keys.watch(partition, shop, _name(sku))
    found = await redis.zrange(key, start, start + READ - 1, desc=True)
    return [text(name) for name in cast("list[bytes]", found)]


async def partitions_of(redis: Client, shop: str, sku: str, partitions: int) -> list[int]:
    """Where somebody watches it."""
    async with redis.pipeline(transaction=False) as pipe:
        for partition in range(partitions):
            pipe.exists(keys.watch(partition, shop, _name(sku)))
        found = await pipe.execute()
    return [partition for partition, there in enumerate(found) if there]


def _place(shop: str, sku: str, partitions: int) -> str:
    name = _name(sku)
    return keys.product(keys.partition_of(shop, name, partitions), shop, name)


async def known(redis: Client, shop: str, skus: list[str], partitions: int) -> dict[str, Product]:
    """What the shop said of them last."""
    async with redis.pipeline(transaction=False) as pipe:
        for sku in skus:
            pipe.get(_place(shop, sku, partitions))
        rows = await pipe.execute()
    return {sku: _decode(raw) for sku, raw in zip(skus, rows, strict=True) if raw is not None}


async def keep(redis: Client, shop: str, products: list[Product], partitions: int) -> None:
    await asyncio.gather(
        *(
            _KEEP(
                redis,
                [_place(shop, product.sku, partitions)],
                [_encode(product), product.at, keys.STATE_TTL_S],
            )
            for product in products
        )
    )
