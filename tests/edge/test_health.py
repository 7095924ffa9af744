"""Health and figures of the edge: who may read them, and what they tell."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx2
import pytest

from heimta.edge.app import create_app
from heimta.edge.bundles import Bundles
from heimta.operate.readers import Readers
from heimta.store import documents, secrets
from heimta.store.connect import Client, connect
from heimta.store.secrets import Secrets
from tests.edge.conftest import ORIGIN, Asker
from tests.worker.shop import SHOP, T0, batch

TOKEN = "a-token-of-the-operator"


async def test_the_edge_counts_what_it_does_and_tells_readers_only(edge: Asker) -> None:
    await edge.post("/s/demo", b"{")
    told = await edge.http.get("/metrics")  # from 127.0.0.1, as httpx says
    assert told.status_code == 200 and told.headers["content-type"].startswith("text/plain")
    assert 'heimta_requests_refused_total{reason="bad_batch"} 1.0' in told.text
    passed_on = await edge.http.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
    assert passed_on.status_code == 403 and "heimta_" not in passed_on.text
    assert (await edge.http.get("/readyz")).json() == {"ok": True, "queue": 0}


async def test_the_edge_is_not_ready_while_its_queue_is_full(
    edge: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = edge.http._transport.app.state.edge.figures  # type: ignore[attr-defined]
    monkeypatch.setattr(figures, "queue", lambda: 4096)
    answer = await edge.http.get("/readyz")
    assert answer.status_code == 503 and "the queue is full" in answer.json()["why"]


async def test_an_edge_whose_events_no_replica_takes_is_not_ready(
    lone: Client, lone_url: str, dist: Path
) -> None:
    await secrets.create(lone, "demo", Secrets("w" * 43, "s" * 43, "", ""))
    await documents.put(lone, SHOP, now=T0)
    app = create_app(
        connect(lone_url), Bundles(dist), partitions=2, push_origins=(), clock=lambda: T0, replicas=1
    )
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://edge") as http,
    ):
        body = batch(("page_viewed", T0, {}))
        assert (await http.post("/s/demo", content=body, headers={"origin": ORIGIN})).status_code == 503
        async with asyncio.timeout(20):  # on a slow machine the first group ends at its deadline
            while "too few replicas" not in (told := await http.get("/readyz")).json()["why"]:
                await asyncio.sleep(0.05)
        assert told.status_code == 503


async def test_the_token_opens_the_edges_figures(redis: Client, store_url: str, dist: Path) -> None:
    app = create_app(
        connect(store_url), Bundles(dist), partitions=2, push_origins=(), clock=int, readers=Readers(TOKEN)
    )
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://edge") as http:
        assert (await http.get("/metrics")).status_code == 401
        shown = {"Authorization": f"Bearer {TOKEN}"}
        assert (await http.get("/metrics", headers=shown)).status_code == 200
    await app.state.edge.redis.aclose()
