"""An edge on a real Valkey, with a shop in it; asked without a socket in between."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from heimta.channels.vapid import make_keys
from heimta.edge import hooks, inbound, signed
from heimta.edge.app import create_app
from heimta.edge.bundles import Bundles
from heimta.edge.shops import Shops
from heimta.ingest import commit
from heimta.rules.signature import sign
from heimta.store import documents, keys, secrets
from heimta.store.connect import Client, connect
from heimta.store.secrets import Secrets
from tests.worker.shop import CAMPAIGN, JOURNEY, SHOP, T0

ORIGIN = SHOP.origins[0]
HOOK = "hook-secret-of-the-demo-shop-000000"


@dataclass
class Asker:
    """The edge as others see it. now: the edge's clock, ms."""

    http: httpx2.AsyncClient
    redis: Client
    shops: Shops
    app: Starlette
    now: int = T0

    async def post(self, path: str, body: bytes | dict[str, Any], **headers: str) -> httpx2.Response:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        told = {"origin": ORIGIN, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return await self.http.post(path, content=raw, headers=told)

    async def hook(self, path: str, body: bytes, *, secret: str = HOOK) -> httpx2.Response:
        signed = sign(secret, body, now_s=self.now // 1000)
        return await self.http.post(path, content=body, headers={"heimta-signature": signed})

    async def ask(self, code: str, *, secret: str = HOOK) -> httpx2.Response:
        signed = sign(secret, code.encode(), now_s=self.now // 1000)
        return await self.http.get(f"/hooks/demo/coupon/{code}", headers={"heimta-signature": signed})

    async def logged(self) -> list[tuple[str, bytes]]:
        """(kind, data) of everything in the log."""
        found = []
        for partition in range(4):
            for _, fields in await self.redis.xrange(keys.log(partition)):
                found.append((fields[b"k"].decode(), fields[b"d"]))
        return found


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """Bundles as small as can be: what is served, not what is in it, is tested here."""
    files = {}
    for name in ("snippet-datalayer", "snippet-api", "popup", "survey", "checkout", "push", "sw"):
        file = f"{name}.0123456789ab.js"
        (tmp_path / file).write_text(f"({name!r},__HEIMTA_CONFIG__)" if "snippet" in name else f"'{name}'")
        (tmp_path / f"{file}.map").write_text("{}")
        files[name] = {"file": file, "sri": f"sha384-{name}", "bytes": 1, "brotli": 1}
    (tmp_path / "manifest.json").write_text(json.dumps({"fingerprint": "x", "files": files}))
    return tmp_path


@pytest.fixture
async def edge(
    redis: Client, store_url: str, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Asker]:
    # The product gives the store half a second and asks the browser to come back: on a busy machine any test
    # here could meet that. What the deadline does is shown in tests/ingest and by `make chaos`.
    for module in (commit, hooks, inbound, signed):
        monkeypatch.setattr(module, "DEADLINE_S", 30.0)
    vapid = make_keys("mailto:me@example.com")
    kept = Secrets(webhook=HOOK, signing="s" * 43, vapid_private=vapid.private, vapid_public=vapid.public)
    await secrets.create(redis, "demo", kept)
    for document in (SHOP, CAMPAIGN, JOURNEY):
        await documents.put(redis, document, now=T0)
    own = connect(store_url)
    asker: Asker | None = None
    app = create_app(
        own, Bundles(dist), partitions=4, push_origins=(), clock=lambda: asker.now if asker else T0
    )
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://edge") as http,
    ):
        asker = Asker(http, redis, app.state.edge.shops, app)
        yield asker
