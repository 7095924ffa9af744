"""One person over several partitions, with the whole worker in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from heimta.channels.webpush import WebPush
from heimta.model.product import ProductNote
from heimta.model.visitor import VisitorState
from heimta.store import documents, keys, secrets
from heimta.store.connect import Client, connect
from heimta.store.log import Log
from heimta.store.secrets import Secrets
from heimta.worker.app import create_app
from heimta.worker.carriers.all import all_carriers
from heimta.worker.loop import Worker
from tests.worker.conftest import Logged
from tests.worker.people import ANNA, BEN, EVE, MAIL, hub
from tests.worker.shop import CAMPAIGN, JOURNEY, SHOP, T0, batch, cart, order
from tests.worker.test_watch import HAT, journey

PARTITIONS = 4
HOME = {name: keys.partition_of("demo", name, PARTITIONS) for name in (ANNA, BEN, EVE, hub())}
_decode = msgspec.msgpack.Decoder(VisitorState).decode


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def nothing() -> None:
    return None


@pytest.fixture
async def log(redis: Client, store_url: str) -> AsyncIterator[Log]:
    await secrets.create(redis, "demo", Secrets("w" * 43, "s" * 43, "", ""))
    for document in (SHOP, CAMPAIGN, JOURNEY, journey("price_dropped")):
        await documents.put(redis, document, now=T0)
    carriers = all_carriers(WebPush())
    own = connect(store_url)
    worker = Worker(own, carriers, partitions=PARTITIONS, edge_url="https://edge.example", clock=now_ms)
    app = create_app(worker, probe=nothing, close=own.aclose)
    async with app.router.lifespan_context(app):
        yield Log(redis)


async def tell(log: Log, who: str, *events: tuple[str, dict[str, object]], n: int = 0) -> None:
    now = now_ms()
    data = batch(*[(name, now, props) for name, props in events], vid=who, first=n)
    await log.append([Logged("batch", data, now, HOME[who])])


async def until(redis: Client, who: str, holds: Callable[[VisitorState], bool]) -> VisitorState:
    """The machine may be slow: it is waited for, and not for a time."""
    async with asyncio.timeout(60):
        while True:
            raw = await redis.get(keys.visitor(HOME[who], "demo", who))
            if raw is not None and holds(state := _decode(raw)):
                return state
            await asyncio.sleep(0.005)


async def test_an_order_reaches_the_person_s_other_browser_over_two_partitions(
    redis: Client, log: Log
) -> None:
    assert len({HOME[ANNA], HOME[BEN], HOME[hub()]}) == 3
    for who in (ANNA, BEN):
        await tell(log, who, ("visitor_identified", {"email": MAIL}), ("cart_updated", {"cart": cart(5000)}))
    await until(redis, hub(), lambda state: set(state.members) == {ANNA, BEN})
    now = now_ms()
    await log.append([Logged("order", order("o-1", 5000, now, visitor=ANNA), now, HOME[ANNA])])
    state = await until(redis, BEN, lambda state: state.bought_at > 0)
    assert state.bought_at == now and not state.orders and state.has_bought(state.carts["c" * 11])


async def test_news_of_a_product_is_spread_over_who_watches_it(redis: Client, log: Log) -> None:
    view = {"sku": HAT, "name": "Hat", "unit_minor": 2000, "currency": "EUR", "exponent": 2}
    for who in (ANNA, EVE):
        await tell(log, who, ("product_viewed", view))
        await until(redis, who, lambda state: HAT in state.viewed)
    now = now_ms()
    note = msgspec.json.encode(ProductNote("", HAT, now, 1500, "EUR", False, 2000))
    await log.append([Logged("product", note, now, home) for home in {HOME[ANNA], HOME[EVE]}])
    for who in (ANNA, EVE):
        state = await until(redis, who, lambda state: bool(state.moments))
        assert state.moments[f"price_dropped/{HAT}"].words["was_minor"] == "2000"
