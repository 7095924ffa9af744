"""What an edge answers that started while Redis was away: come back, and never that a shop is unknown."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from heimta.edge.app import create_app
from heimta.edge.bundles import Bundles
from heimta.store.connect import connect
from tests.edge.conftest import ORIGIN
from tests.worker.shop import T0, VISITOR, batch, order


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
