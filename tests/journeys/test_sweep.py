"""Journeys that are newer than what was heard of a visitor: their timers are set all the same."""

from __future__ import annotations

import msgspec
import pytest

from heimta.model.condition import Condition
from heimta.model.journey import Journey, Send, Trigger
from heimta.store import keys, sweep
from heimta.store.connect import Client
from heimta.worker.sweep import SETTLED_MS, Sweep, mark_of
from tests.journeys.conftest import Hire
from tests.journeys.shopper import DAY, Shopper
from tests.worker.shop import VISITOR

AWAY = Journey(
    "away",
    "demo",
    "Away",
    Trigger("segment", segment=Condition(min_orders=1, quiet_days=60)),
    (Send("ask", "push", "Hello"),),
    live=True,
    holdout_pct=0,
)


async def left_long_ago(hire: Hire) -> tuple[Shopper, Sweep]:
    shopper = await hire()
    await shopper.tells_everything()
    await shopper.orders()
    await shopper.wait(10 * DAY)
    shopper.apply(AWAY)
    return shopper, Sweep(shopper.redis, shopper.contexts, {0}, clock=lambda: shopper.now)


async def looks(shopper: Shopper, swept: Sweep) -> None:
    await swept.look()
    shopper.now += SETTLED_MS
    for _ in range(3):
        await swept.look()


async def test_who_is_not_heard_of_again_is_won_back_all_the_same(hire: Hire) -> None:
    shopper, swept = await left_long_ago(hire)
    assert (await shopper.state()).next_due == 0
    await looks(shopper, swept)
    await shopper.wait(60 * DAY)
    assert shopper.told() == [("ask", 60 * DAY)]


async def test_a_partition_is_looked_through_once_for_the_same_journeys(hire: Hire) -> None:
    shopper, swept = await left_long_ago(hire)
    await looks(shopper, swept)
    mark = mark_of(shopper.contexts["demo"].plans)
    assert await sweep.mark(shopper.redis, 0, "demo") == mark != ""
    await shopper.redis.delete(keys.due(0))
    await looks(shopper, Sweep(shopper.redis, shopper.contexts, {0}, clock=lambda: shopper.now))
    assert await shopper.redis.zcard(keys.due(0)) == 0
    later = Trigger("segment", segment=Condition(min_orders=1, quiet_days=70))
    shopper.apply(msgspec.structs.replace(AWAY, trigger=later))
    await looks(shopper, swept)
    assert await shopper.redis.zcard(keys.due(0)) == 1


async def test_an_earlier_timer_stays_and_a_broken_state_holds_up_nobody(hire: Hire) -> None:
    shopper, swept = await left_long_ago(hire)
    await shopper.redis.set(keys.visitor(0, "demo", "broken"), b"\xc1")
    await shopper.redis.zadd(keys.due(0), {f"demo:{VISITOR}": 5})
    await looks(shopper, swept)
    assert await shopper.redis.zscore(keys.due(0), f"demo:{VISITOR}") == 5


async def test_where_facts_set_every_timer_nobody_is_looked_at(hire: Hire) -> None:
    shopper, swept = await left_long_ago(hire)
    shopper.apply(msgspec.structs.replace(AWAY, trigger="cart_abandoned"))
    assert mark_of(shopper.contexts["demo"].plans) == ""
    await looks(shopper, swept)
    assert await sweep.mark(shopper.redis, 0, "demo") == ""


async def test_what_moved_between_servers_meanwhile_is_looked_through_again(
    hire: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a cluster: who is carried from a server not looked at yet to one that was, is met by neither."""
    seen = iter(["before", "after"])

    async def layout(redis: Client) -> str:
        return next(seen, "after")

    monkeypatch.setattr("heimta.worker.sweep.layout", layout)
    shopper, swept = await left_long_ago(hire)
    await looks(shopper, swept)
    assert await sweep.mark(shopper.redis, 0, "demo") == ""
    for _ in range(3):
        await swept.look()
    assert await sweep.mark(shopper.redis, 0, "demo") != ""
