"""The demo shop as it is, and an edge on another origin that knows one campaign a page: that of `?tag=`.

Everything a shopper downloads is real: snippet, stage, widgets, and the config as the server compiles it.
Only the time at which a campaign shows is changed: at once, to everybody; its look is asked about here.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from heimta.demo.app import create_app
from heimta.edge.bundles import Bundles
from heimta.model.campaign import Audience, Campaign, Trigger
from heimta.model.documents import Push, ShopDoc
from heimta.model.theme import Theme
from heimta.rules.compile import compile_config
from heimta.rules.templates import Template, fitted, templates
from loadtest.snippet.shop import OtherTag, serving
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "*",
    "Cache-Control": "max-age=600",
}
QUIET = "quiet"  # a tag with no campaign
MANY = "many"  # a tag with several, none of which shows by itself: for the merchant's overlay
OF_MANY = ("exit-discount", "why-leaving", "corner-reassurance", "recommend", "checkout-progress")
AT_ONCE = Trigger("after")
HOUR_MS = 3_600_000
# P-256, uncompressed, as browsers want a key to look.
KEY = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"

SHOP = ShopDoc(
    id="demo",
    name="Fjord & Fell",
    origins=("https://fjord-and-fell.example",),
    currency="EUR",
    languages=("en", "de", "is", "ar"),
    timezone="Atlantic/Reykjavik",
    cart="api",
    consent="implied",
    free_shipping_minor=8000,
    push=Push(subject="mailto:hello@fjord-and-fell.example"),
    theme=Theme("#2f5d50", "#ffffff", "#fffdf8", "#22302b", radius_px=14, scheme="auto"),
)


@dataclass
class Place:
    """Addresses. asked: what browsers wanted of the edge, in order."""

    shop: str
    edge: str
    asked: list[str] = field(default_factory=list)


def campaigns() -> dict[str, Campaign]:
    """Every template that is seen on a page, by name."""
    return {name: c for name, each in templates().items() if (c := campaign_of(each)) is not None}


def campaign_of(template: Template) -> Campaign | None:
    document = fitted(template, SHOP)
    return document if isinstance(document, Campaign) else None


def config_of(campaign: Campaign | None, bundles: Bundles, when: Trigger = AT_ONCE) -> dict[str, Any]:
    """The public config with this campaign, shown to everybody who is on the right page."""
    live = [] if campaign is None else [(_open_to_all(campaign, when), 1)]
    return compile_config(SHOP, live, revision=1, vapid_public=KEY, widgets=bundles.widgets(), now=_now())


def config_of_many(bundles: Bundles) -> dict[str, Any]:
    """As the templates have them, live: each waits for what it waits for."""
    known = campaigns()
    live = [(msgspec.structs.replace(known[name], live=True), 1) for name in OF_MANY]
    return compile_config(SHOP, live, revision=1, vapid_public=KEY, widgets=bundles.widgets(), now=_now())


def _open_to_all(campaign: Campaign, when: Trigger) -> Campaign:
    trigger = campaign.trigger if campaign.trigger.on in ("checkout", "order") else when
    return msgspec.structs.replace(
        campaign, live=True, holdout_pct=0, trigger=trigger, audience=Audience(), schedule=None
    )


class Edge:
    """configs: by name; each is a file of its own, /s/{name}.js."""

    def __init__(self, configs: Mapping[str, dict[str, Any]], bundles: Bundles, asked: list[str]) -> None:
        self._configs, self._bundles, self._asked = configs, bundles, asked

    def app(self) -> Starlette:
        routes = [
            Route("/s/{name}.js", self.snippet),
            Route("/w/{file}", self.widget),
            Route("/s/{shop}/claim", self.claim, methods=["POST", "OPTIONS"]),
            Route("/{rest:path}", self.take, methods=["GET", "POST", "OPTIONS"]),
        ]
        return Starlette(routes=routes)

    async def snippet(self, request: Request) -> Response:
        config = self._configs[request.path_params["name"]]
        code = self._bundles.snippet("api")[0]
        code = code.replace("__HEIMTA_CONFIG__", msgspec.json.encode(config).decode())
        return Response(code, media_type="text/javascript", headers={**CORS, "Cache-Control": "no-store"})

    async def widget(self, request: Request) -> Response:
        self._asked.append(request.url.path)
        code = self._bundles.by_file.get(request.path_params["file"])
        if code is None:
            return Response("", 404, headers=CORS)
        return Response(code, media_type="text/javascript", headers=CORS)

    async def claim(self, request: Request) -> Response:
        now = _now()
        code = {"code": "STAY7Q2MX4", "kind": "percent", "value": 10}
        return JSONResponse({**code, "now": now, "expires_at": now + 2 * HOUR_MS}, headers=CORS)

    async def take(self, request: Request) -> Response:
        await request.body()
        return JSONResponse({"ok": 1}, headers=CORS)


def _now() -> int:
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def place(folder: Path, shown: Mapping[str, Campaign], when: Trigger = AT_ONCE) -> AsyncIterator[Place]:
    """folder: for the shop's own records. shown: the campaigns that `?tag=` may name. when: they show."""
    at = Place(f"http://localhost:{free_port()}", f"http://127.0.0.1:{free_port()}")
    bundles = Bundles(ROOT / "static/dist")
    configs = {name: config_of(campaign, bundles, when) for name, campaign in shown.items()}
    configs |= {QUIET: config_of(None, bundles), MANY: config_of_many(bundles)}
    tags = {name: f'<script async src="{at.edge}/s/{name}.js"></script>' for name in configs}
    demo = create_app(data_dir=folder, edge_url=at.edge, webhook_secret="s" * 43)
    edge = Edge(configs, bundles, at.asked).app()
    async with serving(OtherTag(demo, {"none": "", **tags}), at.shop), serving(edge, at.edge):
        yield at
