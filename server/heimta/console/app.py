"""The console as one ASGI application: its routes, and what stands before them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import anyio
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from heimta.console.ad_audiences import export_ad_audience, show_ad_audiences
from heimta.console.answers import export_answers, show_answers
from heimta.console.assets import find_assets, send_asset
from heimta.console.campaigns import show_campaigns, switch_campaign, switch_journey
from heimta.console.carts import save_cart, show_cart
from heimta.console.coupons import show_coupons
from heimta.console.desk import Desk, desk_of
from heimta.console.drafts import bring_back, delete_campaign, delete_journey, make_draft, show_templates
from heimta.console.events import show_events, show_rows
from heimta.console.formats import sentence
from heimta.console.funnel import show_funnel
from heimta.console.guard import HEALTH, HOME, LOGIN, METRICS, READY, GuardMiddleware
from heimta.console.headers import ProtectMiddleware, protect
from heimta.console.health import CountMiddleware, exposition, healthz, metrics, readyz
from heimta.console.install import show_install
from heimta.console.journey import show_journey
from heimta.console.login import log_in, log_out, show_login
from heimta.console.look import preview_look, save_look, show_look
from heimta.console.overview import show_overview
from heimta.console.render import templates
from heimta.console.samples import send_sample, show_samples
from heimta.console.shops import home
from heimta.console.users import nobody
from heimta.console.why import find_shopper, show_why
from heimta.operate.figures import Tally
from heimta.operate.readers import Readers
from heimta.operate.ready import in_words
from heimta.store.connect import Client
from heimta.store.documents import Unread
from heimta.store.faults import is_away


async def to_console(request: Request) -> Response:
    return RedirectResponse(HOME, status_code=303)


# docs/console.md lists the same addresses.
routes = [
    Route("/", to_console),
    Route(HEALTH, healthz),
    Route(READY, readyz),
    Route(METRICS, metrics),
    Route(HOME, home),
    Route(LOGIN, show_login, methods=["GET"]),
    Route(LOGIN, log_in, methods=["POST"]),
    Route("/console/logout", log_out, methods=["POST"]),
    Route("/console/static/{name}", send_asset),
    Route("/console/shops/{shop}", show_overview),
    Route("/console/shops/{shop}/funnel", show_funnel),
    Route("/console/shops/{shop}/campaigns", show_campaigns),
    Route("/console/shops/{shop}/campaigns/back", bring_back, methods=["POST"]),
    Route("/console/shops/{shop}/campaigns/{name}/delete", delete_campaign, methods=["POST"]),
    Route("/console/shops/{shop}/journeys/{name}/delete", delete_journey, methods=["POST"]),
    Route("/console/shops/{shop}/templates", show_templates, methods=["GET"]),
    Route("/console/shops/{shop}/templates", make_draft, methods=["POST"]),
    Route("/console/shops/{shop}/campaigns/{name}/answers", show_answers),
    Route("/console/shops/{shop}/campaigns/{name}/answers.csv", export_answers),
    Route("/console/shops/{shop}/campaigns/{name}/live", switch_campaign, methods=["POST"]),
    Route("/console/shops/{shop}/journeys/{name}", show_journey),
    Route("/console/shops/{shop}/journeys/{name}/live", switch_journey, methods=["POST"]),
    Route("/console/shops/{shop}/journeys/{name}/try", show_samples, methods=["GET"]),
    Route("/console/shops/{shop}/journeys/{name}/try", send_sample, methods=["POST"]),
    Route("/console/shops/{shop}/coupons", show_coupons),
    Route("/console/shops/{shop}/ad-audiences", show_ad_audiences),
    Route("/console/shops/{shop}/ad-audiences/{name}.csv", export_ad_audience),
    Route("/console/shops/{shop}/events", show_events),
    Route("/console/shops/{shop}/events/rows", show_rows),
    Route("/console/shops/{shop}/messages", show_why, methods=["GET"]),
    Route("/console/shops/{shop}/messages", find_shopper, methods=["POST"]),
    Route("/console/shops/{shop}/install", show_install),
    Route("/console/shops/{shop}/cart", show_cart, methods=["GET"]),
    Route("/console/shops/{shop}/cart", save_cart, methods=["POST"]),
    Route("/console/shops/{shop}/look", show_look, methods=["GET"]),
    Route("/console/shops/{shop}/look", save_look, methods=["POST"]),
    Route("/console/shops/{shop}/look/preview", preview_look, methods=["POST"]),
]


def create_app(
    *,
    redis: Client,
    edge_url: str,
    console_url: str,
    partitions: int,
    static: Path,
    clock: Callable[[], int],
    readers: Readers | None = None,
) -> Starlette:
    """edge_url, console_url: as browsers reach them, no slash at the end. static: the folder `static/`.

    clock: ms since the epoch. readers: who may read /metrics. Raises AssetsMissing when the browser side was
    not built.
    """
    assets = find_assets(static)
    desk = Desk(
        redis=redis,
        edge_url=edge_url,
        console_url=console_url,
        partitions=partitions,
        clock=clock,
        templates=templates(assets),
        hashing=anyio.CapacityLimiter(2),
    )
    nobody()  # made before the first login, which would else tell an unknown user by its slowness
    answers = Tally()
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(CountMiddleware, answers=answers),
            Middleware(ProtectMiddleware, is_https=desk.is_https),
            Middleware(GuardMiddleware),
        ],
        exception_handlers={HTTPException: refused, Unread: unread, Exception: failed},
    )
    app.state.desk, app.state.assets = desk, assets
    app.state.readers, app.state.exposition = readers or Readers(), exposition(answers)
    return app


async def refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _told(request, error.status_code, error.detail, error.headers)


async def unread(request: Request, error: Exception) -> Response:
    """The shop's own document cannot be read, or that which was asked for."""
    assert isinstance(error, Unread)
    told = sentence(f"{error.which} cannot be read: {error.why}")
    return _told(request, 503, told, more=sentence(error.way_out))


async def failed(request: Request, error: Exception) -> Response:
    """Outside the middleware, so the headers are put on here. The server logs the error itself."""
    code, told = 500, "Something went wrong on our side. The log says what."
    if isinstance(error, RedisError) and is_away(error):
        code, told = 503, f"Not just now: {in_words(error)}. Try again in a moment."
    answer = _told(request, code, told)
    protect(MutableHeaders(raw=answer.raw_headers), is_https=desk_of(request).is_https)
    return answer


def _told(
    request: Request, code: int, told: str, headers: Mapping[str, str] | None = None, *, more: str = ""
) -> Response:
    """A page; or the words alone for htmx, which puts them into the page that asked. more: the way out."""
    template = "trouble.html" if "HX-Request" in request.headers else "error.html"
    words = {"code": code, "words": told, "more": more}
    return desk_of(request).templates.TemplateResponse(
        request, template, words, status_code=code, headers=headers
    )
