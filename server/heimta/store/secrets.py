"""A shop's secrets: webhook secret, signing key, VAPID keys. Made once, kept in Redis, never in a
document.
"""

from __future__ import annotations

from msgspec import Struct

from heimta.store import keys
from heimta.store.connect import Client, text


class Secrets(Struct, frozen=True):
    """webhook: shared with the shop's back end. signing: ours, for links. vapid_*: base64url, raw keys.

    providers: passwords and tokens of whom the shop sends through, by name: smtp_password, sms_token, ...
    """

    webhook: str
    signing: str
    vapid_private: str
    vapid_public: str
    providers: dict[str, str] = {}


OWN = ("webhook", "signing", "vapid_private", "vapid_public")
PROVIDER = "p."  # before a provider's secret, among the fields of the hash


async def read(redis: Client, shop: str) -> Secrets | None:
    """None for a shop that was never created."""
    raw = await redis.hgetall(keys.secrets(shop))
    row = {text(name): text(value) for name, value in raw.items()}
    if not row:
        return None
    own = {name: row[name] for name in OWN}
    return Secrets(**own, providers={name[2:]: row[name] for name in row if name.startswith(PROVIDER)})


async def provider_names(redis: Client, shop: str) -> set[str]:
    """Which passwords and tokens are kept, without their values."""
    names = [text(name) for name in await redis.hkeys(keys.secrets(shop))]
    return {name[len(PROVIDER) :] for name in names if name.startswith(PROVIDER)}


async def create(redis: Client, shop: str, made: Secrets) -> Secrets:
    """Keep the secrets of a new shop. Returns those already there if there are any: never overwritten."""
    async with redis.pipeline(transaction=True) as pipe:
        for name in OWN:
            pipe.hsetnx(keys.secrets(shop), name, getattr(made, name))
        await pipe.execute()
    await redis.sadd(keys.SHOPS, shop)  # from now on it is listed, and in each backup
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


async def replace_webhook(redis: Client, shop: str, secret: str) -> None:
    """Another webhook secret; what the old one signs is refused once edges have read it, within seconds."""
    async with redis.pipeline(transaction=True) as pipe:
        pipe.hset(keys.secrets(shop), "webhook", secret)
        pipe.incr(keys.revision(shop))
        await pipe.execute()


async def set_provider(redis: Client, shop: str, name: str, value: str) -> None:
    """Keep a provider's password or token; '' removes it. Read again by the workers within seconds."""
    async with redis.pipeline(transaction=True) as pipe:
        if value:
            pipe.hset(keys.secrets(shop), PROVIDER + name, value)
        else:
            pipe.hdel(keys.secrets(shop), PROVIDER + name)
        pipe.incr(keys.revision(shop))
        await pipe.execute()
