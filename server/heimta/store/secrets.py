"""A shop's secrets: webhook secret, signing key, VAPID keys. Made once, kept in Redis, never in a
document.
"""

from __future__ import annotations

from msgspec import Struct

from heimta.store import keys
from heimta.store.connect import Client, text


class Secrets(Struct, frozen=True):
    """webhook: shared with the shop's back end. signing: ours, for links. vapid_*: base64url, raw keys."""

    webhook: str
    signing: str
    vapid_private: str
    vapid_public: str


async def read(redis: Client, shop: str) -> Secrets | None:
    """None for a shop that was never created."""
    raw = await redis.hgetall(keys.secrets(shop))
    row = {text(name): text(value) for name, value in raw.items()}
    if not row:
        return None
    return Secrets(**{name: row[name] for name in Secrets.__struct_fields__})


async def create(redis: Client, shop: str, made: Secrets) -> Secrets:
    """Keep the secrets of a new shop. Returns those already there if there are any: never overwritten."""
    async with redis.pipeline(transaction=True) as pipe:
        for name in Secrets.__struct_fields__:
            pipe.hsetnx(keys.secrets(shop), name, getattr(made, name))
        await pipe.execute()
    kept = await read(redis, shop)
    if kept is None:
        raise LookupError(f"the secrets of shop {shop!r} were written and are gone")
    return kept


async def replace_vapid(redis: Client, shop: str, *, private: str, public: str) -> None:
    """Another pair of push keys. The revision moves, so that edges and workers read it within seconds."""
    async with redis.pipeline(transaction=True) as pipe:
        pipe.hset(keys.secrets(shop), mapping={"vapid_private": private, "vapid_public": public})
        pipe.incr(keys.revision(shop))
        await pipe.execute()
