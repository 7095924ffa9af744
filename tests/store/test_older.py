"""Versions of a journey that shoppers are still inside of."""

from __future__ import annotations

from msgspec.structs import replace

from heimta.store import documents
from heimta.store.connect import Client
from tests.worker.shop import SHOP, T0
from tests.worker.test_watch import journey

MADE = journey("cart_abandoned")


async def live_ones(redis: Client) -> dict[int, bool]:
    """By replaced version, whether who is inside goes on."""
    told = await documents.read(redis, "demo")
    assert told is not None
    return {version: each.live for (_, version), each in sorted(told.older.items())}


async def test_who_is_inside_goes_on_by_a_replaced_version_until_it_is_switched_off(redis: Client) -> None:
    await documents.put(redis, SHOP, now=T0)
    for name in ("one", "two"):
        await documents.put(redis, replace(MADE, name=name), now=T0)
    assert await live_ones(redis) == {1: True}
    await documents.set_live(redis, "demo", "journey", MADE.id, False, now=T0)
    assert await live_ones(redis) == {1: False, 2: False}


async def test_switching_it_on_again_lets_nobody_go_on_by_what_was_mended_meanwhile(redis: Client) -> None:
    await documents.put(redis, SHOP, now=T0)
    await documents.put(redis, replace(MADE, name="90 %"), now=T0)
    await documents.set_live(redis, "demo", "journey", MADE.id, False, now=T0)
    await documents.put(redis, replace(MADE, name="10 %", live=False), now=T0)
    await documents.set_live(redis, "demo", "journey", MADE.id, True, now=T0)
    await documents.put(redis, replace(MADE, name="10 % off"), now=T0)
    assert await live_ones(redis) == {1: False, 2: False, 3: False, 4: True}
