"""Whom somebody at Messenger is known as."""

from __future__ import annotations

from heimta.store import keys, psids
from heimta.store.connect import Client
from tests.worker.shop import T0, VISITOR


async def test_who_goes_on_writing_is_known_for_90_days_more(redis: Client) -> None:
    """Else a STOP three months after the link would name nobody."""
    await psids.link(redis, "demo", "p-1", VISITOR, 4, at=T0)
    [key] = [key async for key in redis.scan_iter("*:psid:*")]
    await redis.expire(key, 60)
    assert await psids.linked(redis, "demo", "p-1", 4) == {VISITOR: T0}
    assert await redis.ttl(key) > keys.STATE_TTL_S - 60
    assert await psids.linked(redis, "demo", "p-2", 4) == {}
