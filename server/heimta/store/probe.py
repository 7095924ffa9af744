"""Can the store take a write now? Asked by /readyz."""

from __future__ import annotations

from heimta.store import keys
from heimta.store.connect import Client


async def probe(redis: Client) -> None:
    """Write a byte that nobody reads. Raises redis.exceptions.RedisError or OSError.

    A PING would not tell: a full store and a replica answer it. On a cluster this asks one node of several.
    """
    await redis.set(keys.PROBE, b"1", ex=60)
