"""Coupons: claimed once a visitor and campaign, redeemed once for ever.

A coupon lives in the partition of its code, the claim in the partition of its visitor. The coupon is
written first and the claim second, so a crash between them leaves a coupon nobody has, never a claim
without a coupon.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from heimta.store import keys
from heimta.store.connect import Client, text


class Coupon(Struct, frozen=True):
    """value: percent for `percent`, minor units for `amount`. order: who redeemed it, '' while open."""

    code: str
    kind: str
    value: int
    min_cart_minor: int
    expires_at: int  # ms
    campaign: str
    order: str = ""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Coupon).decode
_KEEP_MS = 30 * 24 * 3600 * 1000  # a used or expired coupon stays readable this long


def _key(shop: str, code: str, partitions: int) -> str:
    return keys.coupon(keys.partition_of(shop, code, partitions), shop, code)


async def find(redis: Client, shop: str, code: str, partitions: int) -> Coupon | None:
    raw = await redis.hgetall(_key(shop, code, partitions))
    if not raw:
        return None
    coupon = _decode(raw[b"c"])
    order = raw.get(b"order", b"")
    return msgspec.structs.replace(coupon, order=text(order))


async def claim(
    redis: Client, shop: str, visitor: str, offered: Coupon, partitions: int, *, now: int
) -> Coupon:
    """The visitor's coupon for the campaign.

    offered: a fresh coupon to hand out if the visitor has none that is still good. Races end in one
    claim: who comes second gets the first one's coupon.
    """
    home = keys.partition_of(shop, visitor, partitions)
    claim_key = keys.claim(home, shop, visitor, offered.campaign)
    held = await redis.get(claim_key)
    if held is not None:
        coupon = await find(redis, shop, text(held), partitions)
        if coupon is not None:
            return coupon
    offered_key = _key(shop, offered.code, partitions)
    ttl_ms = max(1, offered.expires_at - now)
    async with redis.pipeline(transaction=True) as pipe:
        pipe.hset(offered_key, "c", _encode(offered))
        pipe.pexpire(offered_key, ttl_ms + _KEEP_MS)
        await pipe.execute()
    won = await redis.set(claim_key, offered.code, nx=True, px=ttl_ms)
    if won:
        return offered
    await redis.delete(offered_key)
    return await claim(redis, shop, visitor, offered, partitions, now=now)


async def redeem(redis: Client, shop: str, code: str, order: str, partitions: int) -> bool:
    """Mark a coupon as used by an order. True when that order has it, now or before."""
    key = _key(shop, code, partitions)
    if not await redis.exists(key):
        return False
    if await redis.hsetnx(key, "order", order):
        return True
    return bool(await redis.hget(key, "order") == order.encode())
