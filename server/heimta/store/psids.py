"""Which visitors somebody at Messenger is: those whose link they came through, the newest ten.

Kept beside the log because what they write names nobody: the edge has to know whom to tell it of.
"""

from __future__ import annotations

from typing import cast

from heimta.store import keys
from heimta.store.connect import Client, text

KEEP = 10


async def link(redis: Client, shop: str, psid: str, visitor: str, partitions: int, *, at: int) -> None:
    name = _key(shop, psid, partitions)
    async with redis.pipeline(transaction=True) as pipe:
        pipe.zadd(name, {visitor: at}, gt=True)
        pipe.zremrangebyrank(name, 0, -KEEP - 1)
        pipe.expire(name, keys.STATE_TTL_S)
        await pipe.execute()


async def linked(redis: Client, shop: str, psid: str, partitions: int) -> dict[str, int]:
    """When they last came by the link of each visitor, ms. Asked when they do something, so it keeps them."""
    name = _key(shop, psid, partitions)
    async with redis.pipeline(transaction=True) as pipe:
        pipe.zrange(name, 0, -1, withscores=True)
        pipe.expire(name, keys.STATE_TTL_S)
        rows, _ = await pipe.execute()
    return {text(member): int(at) for member, at in cast("list[tuple[bytes, float]]", rows)}


async def forget(redis: Client, shop: str, psid: str, visitor: str, partitions: int) -> None:
    """The visitor is erased."""
    await redis.zrem(_key(shop, psid, partitions), visitor)


def _key(shop: str, psid: str, partitions: int) -> str:
    digest = keys.digest(f"psid\n{shop}\n{psid}")
    return keys.psid(keys.partition_of(shop, digest, partitions), shop, digest)
