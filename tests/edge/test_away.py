"""What an edge answers that started while Redis was away: come back, and never that a shop is unknown. Nor is
a store served then that the start would have refused: one of another number of partitions, or half restored.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import msgspec
import pytest

from heimta.edge.app import create_app
from heimta.edge.bundles import Bundles
from heimta.store import documents, keys, revive, secrets
from heimta.store.connect import Client, connect
from heimta.store.secrets import Secrets
from tests.edge.conftest import ORIGIN, Asker
from tests.worker.shop import CAMPAIGN, SHOP, T0, VISITOR, batch, order


@pytest.fixture
async def alone(dist: Path, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(
        connect(f"unix://{tmp_path / 'nobody'}"),
        Bundles(dist),
        partitions=4,
        push_origins=(),
        clock=lambda: T0,
    )
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://edge") as http,
    ):
        yield http


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/s/demo", batch(("page_viewed", T0, {}))),
        ("POST", "/s/demo/claim", json.dumps({"vid": VISITOR, "campaign": "exit-offer"}).encode()),
        ("POST", "/s/demo/push", json.dumps({"vid": VISITOR, "subscription": None}).encode()),
        ("POST", "/hooks/demo/generic", order("1", 100, T0)),
        ("GET", "/hooks/demo/coupon/HEIM7Q2M", b""),
        ("GET", "/s/demo.js", b""),
        ("GET", "/r/demo.abc", b""),
    ],
)
async def test_every_address_asks_to_come_back(
    alone: httpx2.AsyncClient, method: str, path: str, body: bytes
) -> None:
    answer = await alone.request(method, path, content=body, headers={"origin": ORIGIN})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("path", ["/r/demo.abc", "/u/demo.abc", "/a/demo.abc"])
async def test_who_opens_a_link_of_a_message_gets_a_page(alone: httpx2.AsyncClient, path: str) -> None:
    page = await alone.get(path, headers={"accept-language": "de-AT,de;q=0.9"})
    assert page.status_code == 503 and page.headers["content-type"].startswith("text/html")
    assert '<html lang="de"' in page.text and "Einen Moment, bitte" in page.text


async def test_a_store_that_may_not_be_served_is_not_until_it_may(
    redis: Client, store_url: str, dist: Path
) -> None:
    await secrets.create(redis, "demo", Secrets("w" * 43, "s" * 43, "", ""))
    await documents.put(redis, SHOP, now=T0)
    await redis.set(keys.PARTITIONS, 8)
    app = create_app(connect(store_url), Bundles(dist), partitions=4, push_origins=(), clock=lambda: T0)
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://edge") as http,
    ):
        body, headers = batch(("page_viewed", T0, {})), {"origin": ORIGIN}
        assert (await http.post("/s/demo", content=body, headers=headers)).status_code == 503
        told = await http.get("/readyz")
        assert told.status_code == 503 and "started with 8" in told.json()["why"]
        await revive.begin(redis, 4)
        shops = app.state.edge.shops
        async with asyncio.timeout(20):
            while "backup is being read" not in shops.why_not:
                await asyncio.sleep(0.05)
            await revive.end(redis, hold=0)
            while shops.why_not:
                await asyncio.sleep(0.05)
        assert (await http.post("/s/demo", content=body, headers=headers)).status_code == 200
        assert (await http.get("/readyz")).status_code == 200


async def test_a_shop_whose_documents_cannot_be_read_asks_to_come_back(
    redis: Client, store_url: str, dist: Path
) -> None:
    """As of an older edge that starts beside newer ones: a 404 would be the last word for events."""
    await secrets.create(redis, "demo", Secrets("w" * 43, "s" * 43, "", ""))
    await documents.put(redis, SHOP, now=T0)
    kept = await redis.hgetall(keys.documents("demo"))
    await redis.hset(keys.documents("demo"), "shop:demo", b'{"document": {"kind": "shop", "newer": 1}}')
    app = create_app(connect(store_url), Bundles(dist), partitions=4, push_origins=(), clock=lambda: T0)
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://edge") as http,
    ):
        body, headers = batch(("page_viewed", T0, {})), {"origin": ORIGIN}
        for path in ("/s/demo", "/hooks/demo/generic"):
            assert (await http.post(path, content=body, headers=headers)).status_code == 503
        assert (await http.post("/s/nobody", content=body, headers=headers)).status_code == 404
        await redis.hset(keys.documents("demo"), mapping=kept)
        await app.state.edge.shops.refresh()
        assert (await http.post("/s/demo", content=body, headers=headers)).status_code == 200


async def test_a_campaign_that_cannot_be_read_costs_the_shop_that_campaign_alone(edge: Asker) -> None:
    await documents.put(edge.redis, msgspec.structs.replace(CAMPAIGN, id="other"), now=T0)
    await edge.redis.hset(keys.documents("demo"), f"campaign:{CAMPAIGN.id}", b'{"document": {}}')
    await edge.redis.incr(keys.revision("demo"))
    await edge.shops.refresh()
    config = (await edge.http.get("/s/demo.json")).json()
    assert [each["id"] for each in config["campaigns"]] == ["other"]
    assert (await edge.post("/s/demo", batch(("page_viewed", T0, {})))).status_code == 200
