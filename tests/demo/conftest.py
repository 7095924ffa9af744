"""A shop, its edge, and a shopper at the door."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from heimta.demo import webhooks
from heimta.demo.app import create_app
from tests.demo.shopper import Shopper
from tests.demo.stub_edge import SECRET, StubEdge


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "FIRST_WAIT_S", 0.01)


@pytest.fixture
async def edge() -> AsyncIterator[StubEdge]:
    stub = StubEdge()
    await stub.server.start_server()
    yield stub
    await stub.server.close()


@pytest.fixture
async def app(edge: StubEdge, tmp_path: Path) -> AsyncIterator[Starlette]:
    app = create_app(data_dir=tmp_path, edge_url=edge.url, webhook_secret=SECRET, records=True)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def shopper(app: Starlette) -> Shopper:
    return Shopper(app)
