"""Every visitor of a shop, once: for timers of journeys that are newer than what was heard of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import cast

from heimta.store import keys
from heimta.store.connect import Client, text

Place = tuple[int, str]  # partition and visitor


async def places(redis: Client, shop: str) -> AsyncIterator[Place]:
    """Where states of the shop are. One may come twice, as SCAN has it."""
    async for key in redis.scan_iter(match=f"{{p*}}:v:{shop}:*", count=1000):
        tag, _, rest = text(key).partition(":v:")
        yield int(tag[2:-1]), rest.rpartition(":")[2]


async def states(redis: Client, shop: str, wanted: Collection[Place]) -> dict[Place, bytes]:
    """As they are stored; those that are gone meanwhile are left out."""
    found: dict[Place, bytes] = {}
    for number in {partition for partition, _ in wanted}:
        names = [visitor for partition, visitor in wanted if partition == number]
        rows = await redis.mget([keys.visitor(number, shop, name) for name in names])
        for name, row in zip(names, cast("list[bytes | None]", rows), strict=True):
            if row is not None:
                found[(number, name)] = row
    return found


async def hasten(redis: Client, shop: str, due: dict[Place, int]) -> None:
    """Put each into the due set of its partition, unless it is there and due before.

    Nobody's lease is asked: a timer too many fires nothing, and whoever fires it sets the right one.
    """
    for number in {partition for partition, _ in due}:
        members = {f"{shop}:{name}": at for (partition, name), at in due.items() if partition == number}
        await redis.zadd(keys.due(number), members, lt=True)


async def mark(redis: Client, partition: int, shop: str) -> str:
    """Which journeys the partition's visitors were last looked through for; '' for none."""
    return text(await redis.hget(keys.swept(partition), shop) or b"")


async def set_mark(redis: Client, partition: int, shop: str, told: str) -> None:
    await redis.hset(keys.swept(partition), shop, told)
