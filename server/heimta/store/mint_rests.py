"""Until when a shop is not asked for coupons, and after how many failures: the same for all workers, and for
the next life of each. By pool, '' for all of a shop's.
"""

from __future__ import annotations

from typing import NamedTuple

from heimta.store import keys
from heimta.store.connect import Client, text

KEEP_MS = 25 * 3600 * 1000  # longer than anybody may ask us to wait (channels/answers.py)


class Rest(NamedTuple):
    """until: ms. fails: in a row."""

    until: int = 0
    fails: int = 0


async def read(redis: Client, shop: str) -> dict[str, Rest]:
    """Also those that are over, for their failures."""
    rows = await redis.hgetall(keys.mint_rests(shop))
    return {text(pool): Rest(*map(int, text(row).split())) for pool, row in rows.items()}


async def note(redis: Client, shop: str, pool: str, rest: Rest) -> None:
    async with redis.pipeline(transaction=True) as pipe:
        pipe.hset(keys.mint_rests(shop), pool, f"{rest.until} {rest.fails}")
        pipe.pexpire(keys.mint_rests(shop), KEEP_MS)
        await pipe.execute()


async def end(redis: Client, shop: str, *pools: str) -> None:
    await redis.hdel(keys.mint_rests(shop), *pools)
