"""Orders that a shop tells more than once: the money counts once, whoever is named."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from heimta.ingest.buyer import buyer_of
from heimta.model.event import Order, OrderHook
from heimta.model.person import hub_of
from heimta.store import keys, ordering
from heimta.store.partition import PartitionStore
from heimta.worker.apply import apply_fact
from heimta.worker.effects import Effects
from heimta.worker.entries import read_fact
from tests.edge.conftest import Asker
from tests.worker.shop import CONTEXT, MINUTE, T0, VISITOR, order

OTHER = "o" * 22
PARTITIONS = 4


async def states(edge: Asker) -> tuple[dict[str, Any], Effects]:
    """Everything in the log, folded by hand."""
    found: dict[str, Any] = {}
    effects = Effects()
    for partition in range(PARTITIONS):
        for row in await PartitionStore(edge.redis, partition, "").read_log("0", 100):
            fact = read_fact(*row)
            assert keys.partition_of("demo", fact.visitor, PARTITIONS) == partition
            found[fact.visitor] = apply_fact(
                found.get(fact.visitor), fact, context=CONTEXT, effects=effects, restored={}
            )
    return found, effects


def decoded(hook: bytes) -> Order:
    return msgspec.json.decode(hook, type=OrderHook).order


def counted(effects: Effects, metric: str) -> int:
    return sum(
        by for day in effects.counts.values() for name, by in day.items() if name.endswith(f":{metric}")
    )


@pytest.mark.parametrize(("first", "second"), [(VISITOR, OTHER), ("", OTHER), (VISITOR, "")])
async def test_an_order_told_of_two_visitors_counts_once_and_ends_the_journeys_of_both(
    edge: Asker, first: str, second: str
) -> None:
    for visitor in (first, second, second):
        told = await edge.hook("/hooks/demo/generic", order("o 1{}", 500, T0, visitor=visitor))
        assert told.status_code == 200
    found, effects = await states(edge)
    assert (counted(effects, "orders"), counted(effects, "orders_minor.EUR")) == (1, 500)
    made_up = 0 if first else 1
    assert len(found) == len({first, second} - {""}) + made_up and all(
        state.bought_at == T0 for state in found.values()
    )
    assert [list(state.orders) for state in found.values() if state.orders] == [["o 1{}"]]


async def test_a_guests_order_that_is_told_again_after_months_counts_once(edge: Asker) -> None:
    """An invoice that is paid late is told as of then; by then it is forgotten that it was told before."""
    await edge.hook("/hooks/demo/generic", order("1", 500, T0, visitor=""))
    forgotten = [key async for key in edge.redis.scan_iter("*") if b"order" in key]
    assert len(forgotten) == 1 and await edge.redis.delete(*forgotten)
    await edge.hook("/hooks/demo/generic", order("1", 500, T0 + 60_000, visitor=""))
    found, effects = await states(edge)
    assert (counted(effects, "orders"), counted(effects, "orders_minor.EUR")) == (1, 500)
    assert len(found) == 1


async def test_the_visitor_of_a_guests_order_can_not_be_guessed(edge: Asker) -> None:
    """Who knows a visitor's id may stop its messages, and order numbers can be counted up."""
    for number in ("1", "1", "2"):
        await edge.hook("/hooks/demo/generic", order(number, 500, T0, visitor=""))
    told = [decoded(body) for _, body in await edge.logged()]
    visitors = {(one.id, one.visitor) for one in told}
    assert len(told) == 3 and len(visitors) == len({visitor for _, visitor in visitors}) == 2
    assert all(len(visitor) == 22 for _, visitor in visitors)
    assert buyer_of(decoded(order("1", 500, T0, visitor=""))) not in {visitor for _, visitor in visitors}


async def test_an_order_told_again_of_its_visitor_is_logged_as_it_came(edge: Asker) -> None:
    body = order("1", 500, T0)
    for _ in range(2):
        assert (await edge.hook("/hooks/demo/generic", body)).status_code == 200
    assert await edge.logged() == [("order", body)] * 2


async def test_another_sum_told_of_another_visitor_is_weighed_against_the_first(edge: Asker) -> None:
    """Of two that differ the smaller counts, as for one visitor."""
    for visitor, total in ((VISITOR, 500), (OTHER, 400)):
        await edge.hook("/hooks/demo/generic", order("1", total, T0, visitor=visitor))
    found, effects = await states(edge)
    assert (counted(effects, "orders"), counted(effects, "orders_minor.EUR")) == (1, 400)
    assert found[VISITOR].orders["1"].minor == 400


async def test_a_change_of_an_order_that_is_still_to_come_is_refused(edge: Asker) -> None:
    """Until then no other change of it would count."""
    refused = await edge.hook("/hooks/demo/generic", order("1", 500, T0, changed_at=T0 + 6 * MINUTE))
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "bad_time"
    assert "order.changed_at" in refused.json()["error"]["message"]
    assert await edge.logged() == []
    body = order("1", 500, T0, changed_at=T0 + MINUTE)
    assert (await edge.hook("/hooks/demo/generic", body)).status_code == 200


async def test_who_restored_a_cart_is_told_when_the_order_was_changed(edge: Asker) -> None:
    for visitor in (VISITOR, OTHER):
        told = order("1", 500, T0, visitor=visitor, changed_at=T0 + 1)
        assert (await edge.hook("/hooks/demo/generic", told)).status_code == 200
    [relayed] = [json.loads(data) for kind, data in await edge.logged() if kind == "relay"]
    assert (relayed["vid"], relayed["changed_at"]) == (OTHER, T0 + 1)


async def test_two_shops_may_have_an_order_of_the_same_id(edge: Asker) -> None:
    await edge.hook("/hooks/demo/generic", order("1", 500, T0))
    taken = [key for key in await edge.redis.keys("*:order:*")]
    assert len(taken) == 1 and b":order:demo:" in taken[0]
    assert 0 < await edge.redis.ttl(taken[0].decode()) <= 31 * keys.DAY_S
    assert json.loads((await edge.logged())[0][1])["order"]["visitor"] == VISITOR


async def test_whose_an_order_is_is_known_for_a_month_after_each_telling(edge: Asker) -> None:
    """A bank transfer is told of when it is ordered, and weeks later as paid then."""
    await edge.hook("/hooks/demo/generic", order("o1", 500, T0, visitor=""))
    [key] = await edge.redis.keys("*}:order:*")
    await edge.redis.expire(key, 60)
    await edge.hook("/hooks/demo/generic", order("o1", 500, T0, visitor=""))
    assert await edge.redis.ttl(key) > 30 * keys.DAY_S


async def test_who_ordered_is_noted_for_their_other_browsers_before_it_is_answered(edge: Asker) -> None:
    """Once: what is told of an order again, they have heard of."""
    told = json.loads(order("1", 500, T0, visitor=""))
    told["order"]["customer"] = {"email": "Anna@Post.example", "phone": "+49 170 1234567"}
    hubs = [hub_of("demo", "email", "anna@post.example"), hub_of("demo", "phone", "+491701234567")]
    for at in (T0, 0):
        assert (await edge.hook("/hooks/demo/generic", json.dumps(told).encode())).status_code == 200
        assert [await ordering.noted_at(edge.redis, "demo", [hub], PARTITIONS) for hub in hubs] == [at, at]
        await edge.redis.delete(*[keys.ordering(home(hub), "demo", hub) for hub in hubs])


def home(hub: str) -> int:
    return keys.partition_of("demo", hub, PARTITIONS)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("currency", "eur", 'order.currency is "eur"; it must be three capital letters (ISO 4217)'),
        ("total_minor", 89.9, "order.total_minor is 89.9; it must be a whole number of minor units"),
        ("visitor", "abc", 'order.visitor is "abc"; it must be the 22 characters of the cookie heimta_v'),
        ("at", "2026-11-23", 'order.at is "2026-11-23"; it must be a whole number'),
        ("codes", "COME1", 'order.codes is "COME1"; it must be a list'),
    ],
)
async def test_who_writes_the_shops_side_is_told_what_is_wrong_with_an_order(
    edge: Asker, field: str, value: object, told: str
) -> None:
    body = json.loads(order("1", 100, T0))
    body["order"] |= {field: value, "of_their_own": 1}
    del body["order"]["exponent"]
    refused = await edge.hook("/hooks/demo/generic", json.dumps(body).encode())
    message = refused.json()["error"]["message"]
    assert refused.status_code == 400 and f"not an order: {told}" in message
    assert "order.exponent: missing" in message and "of_their_own" not in message
