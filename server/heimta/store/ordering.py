"""Word that a person ordered, until each of their browsers has heard of it.

Where a shop's back end says who ordered, the order is carried to the person's other browsers through two
more logs (worker/hubs.py), and each may have a backlog. So before it is acknowledged it is noted here under
the person's hubs, and nothing leaves for a browser of theirs that has not heard of it. It decides nothing:
what the order ends is for the fold to say, and a note whose order never comes runs out.
"""

from __future__ import annotations

from collections.abc import Iterable

from heimta.store import keys
from heimta.store.connect import Client


async def note(redis: Client, shop: str, hubs: Iterable[str], partitions: int, *, now: int) -> None:
    """now: when the order came, ms. Of several the first is kept. Raises RedisError."""
    for hub in hubs:
        await redis.set(_key(shop, hub, partitions), now, nx=True, ex=keys.ORDERING_TTL_S)


async def noted_at(redis: Client, shop: str, hubs: Iterable[str], partitions: int) -> int:
    """The newest under any of them, ms; 0: none. Raises RedisError."""
    held = [await redis.get(_key(shop, hub, partitions)) for hub in hubs]
    return max((int(at) for at in held if at is not None), default=0)


def _key(shop: str, hub: str, partitions: int) -> str:
    return keys.ordering(keys.partition_of(shop, hub, partitions), shop, hub)
