"""An order takes its buyer out of the ad audience within seconds, with the whole worker in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest
from aiohttp.test_utils import TestServer

from heimta.channels.meta_audience import MetaAudience
from heimta.channels.outside import Outside
from heimta.channels.webpush import WebPush
from heimta.model.audience import AdAudience, keys_of
from heimta.model.journey import AudienceStep
from heimta.model.providers import Facebook
from heimta.store import audiences, documents, keys, secrets
from heimta.store.connect import Client, connect
from heimta.store.log import Log
from heimta.store.secrets import Secrets
from heimta.worker.app import create_app
from heimta.worker.carriers.all import all_carriers
from heimta.worker.loop import Worker
from tests.stubs.meta_audience import TOKEN, Fault, MetaStub
from tests.worker.conftest import Logged
from tests.worker.shop import JOURNEY, SHOP, VISITOR, batch, cart, order

PARTITIONS = 4
HOME = keys.partition_of("demo", VISITOR, PARTITIONS)
CARTS = "120330000000000001"
ANNA = set(keys_of(email="anna@example.com", phone=""))
IDLE_MIN = 1 / 600  # a cart is abandoned after a tenth of a second: the test waits for it
SECONDS = 10  # what "within seconds" may be on a slow machine; on an idle one it is below 1.5


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def nothing() -> None:
    return None


@pytest.fixture
async def meta() -> AsyncIterator[MetaStub]:
    meta = MetaStub(CARTS)
    yield meta
    assert not meta.wrong


@pytest.fixture
async def worker(redis: Client, store_url: str, meta: MetaStub) -> AsyncIterator[Worker]:
    # Compared just now: a change that is not carried would be found missing by the comparison, after all.
    await audiences.note(redis, "demo", {"started": now_ms(), "done": now_ms()})
    journey = msgspec.structs.replace(JOURNEY, steps=(AudienceStep("ads", "carts"),), live=True)
    await secrets.create(redis, "demo", Secrets("w" * 43, "s" * 43, "", ""))
    await secrets.set_provider(redis, "demo", "facebook_ads_token", TOKEN)
    async with TestServer(meta.app()) as server:
        url = str(server.make_url("")).rstrip("/")
        shop = msgspec.structs.replace(
            SHOP,
            abandoned_after_min=IDLE_MIN,
            facebook=Facebook(page="1234567", url=url),
            ad_audiences={"carts": AdAudience(CARTS)},
        )
        for document in (shop, journey):
            await documents.put(redis, document, now=now_ms())
        own = connect(store_url)
        worker = Worker(
            own,
            all_carriers(WebPush()),
            partitions=PARTITIONS,
            edge_url="https://edge.example",
            clock=now_ms,
            network=MetaAudience(Outside(trusted=(url,))),
        )
        app = create_app(worker, probe=nothing, close=own.aclose)
        async with app.router.lifespan_context(app):
            yield worker


async def until(holds: Callable[[], bool]) -> None:
    """The machine may be slow: it is waited for, and not for a time."""
    async with asyncio.timeout(90):
        while not holds():
            await asyncio.sleep(0.005)


async def leaves_a_cart(redis: Client) -> None:
    now = now_ms()
    data = batch(
        ("consent_changed", now, {"analytics": True, "marketing": True}),
        ("visitor_identified", now, {"email": "anna@example.com"}),
        ("cart_updated", now, {"cart": cart(5000)}),
    )
    await Log(redis).append([Logged("batch", data, now, HOME)])


async def buys(redis: Client) -> float:
    """When it was acknowledged."""
    now = now_ms()
    await Log(redis).append([Logged("order", order("o-1", 5000, now), now, HOME)])
    return time.monotonic()


async def test_a_step_puts_in_and_an_order_takes_out_within_seconds(
    redis: Client, meta: MetaStub, worker: Worker
) -> None:
    await leaves_a_cart(redis)
    await until(lambda: meta.members[CARTS] == ANNA)
    began = await buys(redis)
    await until(lambda: not meta.members[CARTS])
    assert time.monotonic() - began < SECONDS
    assert [verb for verb, _, _ in meta.asked] == ["POST", "DELETE"]
    told = worker.figures.ads.told
    await until(lambda: told == {("demo", "carts", "in"): 1, ("demo", "carts", "out"): 1})
    await until(lambda: worker.figures.ads.waiting == {"demo": 0})


async def test_an_order_that_meets_a_silent_network_is_told_when_it_speaks_again(
    redis: Client, meta: MetaStub, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heimta.worker.audiences.FIRST_WAIT_MS", 500)
    await leaves_a_cart(redis)
    await until(lambda: meta.members[CARTS] == ANNA)
    meta.faults.append(Fault(503, "<html>"))
    await buys(redis)
    await until(lambda: worker.figures.ads.refused == {("demo", "http_503"): 1})
    assert meta.members[CARTS] == ANNA
    await until(lambda: worker.figures.ads.waiting == {"demo": 1})
    await until(lambda: not meta.members[CARTS])  # by itself, after the wait
