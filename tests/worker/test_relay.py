"""What goes from one partition to others: what is for one visitor at once, products' news by pages."""

from __future__ import annotations

import msgspec
import pytest

from heimta.ingest.entry import BoughtNote
from heimta.model.product import ProductNote
from heimta.store import keys, watchers
from heimta.store.connect import Client
from heimta.store.partition import Write
from heimta.worker.relay import Relays
from tests.worker.conftest import Desk
from tests.worker.people import ANNA
from tests.worker.shop import T0

HATS = [f"hat-{number}" for number in range(3)]
NAMES = [f"visitor-{number:014d}" for number in range(25)]
HOME = keys.partition_of("demo", ANNA, 16)


class Told:
    """A partition 0 whose relay stream holds news of three hats, an order of Anna's behind the second."""

    def __init__(self, desk: Desk, relays: Relays) -> None:
        self.desk = desk
        self.relays = relays

    async def bought(self) -> int:
        return int(await self.desk.redis.xlen(keys.log(HOME)))

    async def spread(self) -> list[str]:
        """Whom the log of the partition tells of which hat."""
        rows = await self.desk.redis.xrange(keys.log(0))
        notes = [msgspec.json.decode(fields[b"d"], type=ProductNote) for _, fields in rows]
        return [f"{note.sku} {note.vid}" for note in notes]


def news(sku: str) -> bytes:
    return msgspec.json.encode(ProductNote("", sku, T0, 1500, "EUR", False, 2000))


@pytest.fixture
async def told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setattr(watchers, "READ", 10)
    owner = desk.owner()
    assert await owner.take_over() and HOME != 0
    seen = {name: T0 + number for number, name in enumerate(NAMES)}
    await watchers.note(desk.redis, 0, {("demo", sku): seen for sku in HATS})
    order = msgspec.json.encode(BoughtNote(ANNA, ".hub", "x" * 22, T0))
    waits = [("demo", note) for note in (news(HATS[0]), news(HATS[1]), order, news(HATS[2]))]
    await owner._store.write(Write(relays=waits), expected="0")
    return Told(desk, Relays(desk.redis, desk.log, owner, partitions=16, clock=lambda: T0))


async def test_an_order_does_not_wait_for_products_news(told: Told) -> None:
    await told.relays.carry()
    assert await told.bought() == 1
    assert await told.spread() == []
    await told.relays.carry()
    assert await told.bought() == 1


async def test_news_is_spread_a_page_a_turn_and_each_watcher_hears_it(told: Told) -> None:
    """All of it in one step would outlive the lease, and be begun anew by whoever owns the partition next."""
    lengths = []
    while await told.desk.redis.xlen(keys.relay(0)):
        await told.relays.carry()
        await told.relays.spread()
        lengths.append(len(await told.spread()))
    assert lengths == [10, 20, 25, 35, 45, 50, 60, 70, 75]
    assert sorted(await told.spread()) == sorted(f"{sku} {name}" for sku in HATS for name in NAMES)
    assert await told.bought() == 1
    await told.relays.spread()
    assert not told.relays._owner.has_relays


async def test_the_next_owner_begins_with_the_first_watcher_again(told: Told, redis: Client) -> None:
    await told.relays.carry()
    await told.relays.spread()
    heir = told.desk.owner()
    assert await heir.take_over()
    again = Relays(redis, told.desk.log, heir, partitions=16, clock=lambda: T0)
    await again.spread()
    assert await told.spread() == 2 * [f"{HATS[0]} {name}" for name in NAMES[:-11:-1]]


async def test_what_comes_under_an_id_from_before_a_failover_is_carried(told: Told, redis: Client) -> None:
    """The replica had not heard of the last facts, and its clock is behind."""
    await told.relays.carry()
    for name, _ in await redis.xrange(keys.relay(0)):
        await redis.xdel(keys.relay(0), name)
    told.relays._after = f"{2**62}-0"
    await redis.xadd(
        keys.relay(0), {"s": "demo", "d": msgspec.json.encode(BoughtNote(ANNA, ".hub", "y" * 22, T0))}
    )
    for _ in range(2):
        await told.relays.carry()
        await told.relays.spread()
    assert await told.bought() == 2


async def test_what_a_step_writes_while_nothing_is_found_is_looked_for(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = told.relays._owner

    async def meanwhile(after: str = "") -> list[object]:
        owner.has_relays = True  # as a sender's look does, which folds
        return []

    monkeypatch.setattr(owner._store, "relays", meanwhile)
    await told.relays.spread()
    assert owner.has_relays


async def test_who_takes_a_partition_back_looks_for_what_was_left_meanwhile(told: Told) -> None:
    owner = told.relays._owner
    owner.has_relays = owner.has_ads = False
    assert await owner.take_over()
    assert owner.has_relays and owner.has_ads
