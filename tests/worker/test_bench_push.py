"""The timers that wait in `make bench-push` are what the fold would have left, byte for byte."""

from __future__ import annotations

from heimta.store import keys
from heimta.store.connect import Client
from heimta.store.log import Log
from heimta.store.partition import PartitionStore
from heimta.worker.owner import Owner
from loadtest.push import crowd
from loadtest.worker import traffic
from loadtest.worker.traffic import PARTITIONS, SHOP, visitor_id
from tests.worker.shop import CONTEXT, T0


async def test_a_copied_visitor_is_as_if_it_were_folded(redis: Client) -> None:
    alike = range(10**7, 10**7 + 40_000, 40)  # who look at the same of forty hats
    ours = [n for n in alike if keys.partition_of(SHOP, visitor_id(n), PARTITIONS) == 0]
    first, *others = ours[:3]

    async def nobody(_: object) -> dict[str, str]:
        return {}

    async def nothing(*_: object) -> None:
        return None

    store = PartitionStore(redis, 0, "one")
    owner = Owner(store, {SHOP: CONTEXT}, owners=nobody, redeem=nothing, refresh=nothing)
    assert await owner.take_over()
    await Log(redis).append([traffic.batch(number, 0, T0) for number in (first, *others)])
    assert await owner.fold() == 3
    states = [keys.visitor(0, SHOP, visitor_id(number)) for number in others]
    folded = await redis.mget(states), await redis.zrange(keys.due(0), 0, -1, withscores=True)
    await redis.delete(*states)
    await redis.zrem(keys.due(0), *(f"{SHOP}:{visitor_id(number)}" for number in others))
    await crowd.copy(redis, first, others)
    assert (await redis.mget(states), await redis.zrange(keys.due(0), 0, -1, withscores=True)) == folded
    assert None not in folded[0] and len(folded[1]) == 3
