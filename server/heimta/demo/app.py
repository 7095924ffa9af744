"""The demo shop as one ASGI application. `create_app` is its only door; all it needs is an argument."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from heimta.demo import cart, checkout, pages
from heimta.demo.catalog import Catalog
from heimta.demo.edge import Edge, EdgeAway
from heimta.demo.headers import CarefulHeaders, origin_of
from heimta.demo.records import Records
from heimta.demo.shop import Shop, shop_of

CHECKOUT_STATIC = Path(__file__).parents[3] / "static" / "demo"  # when run from a checkout


def create_app(
    *,
    data_dir: Path,
    edge_url: str,
    shop_id: str = "demo",
    webhook_secret: str,
    records: bool = False,
    static_dir: Path = CHECKOUT_STATIC,
) -> Starlette:
    """The shop, ready for a server.

    edge_url: where browsers and the back end reach the edge, `http://127.0.0.1:8000`.
    webhook_secret: signs order webhooks and coupon checks.
    records: also serve GET /admin/orders.json, which shows every order to anybody. For tests.
    """
    shop = Shop(
        catalog=Catalog.load(),
        records=Records(data_dir),
        edge=Edge(edge_url, shop_id, webhook_secret),
        assets=_version_of(static_dir),
    )
    app = Starlette(
        routes=_routes(static_dir, records=records),
        middleware=[Middleware(CarefulHeaders, edge_origin=origin_of(edge_url))],
        exception_handlers={404: pages.missing},
        lifespan=_lifespan,
    )
    app.state.shop = shop
    app.state.icon = static_dir / "icon.svg"
    return app


def _routes(static_dir: Path, *, records: bool) -> list[Route | Mount]:
    routes: list[Route | Mount] = [
        Route("/", pages.home),
        Route("/collections/{name}", pages.collection),
        Route("/product/{slug}", pages.product),
        Route("/about", pages.about),
        Route("/delivery", pages.delivery),
        Route("/cart", cart.show),
        Route("/cart.json", cart.as_json),
        Route("/cart/add", cart.add, methods=["POST"]),
        Route("/cart/change", cart.change, methods=["POST"]),
        Route("/cart/discount", cart.discount_field, methods=["POST"]),
        Route("/cart/{lines}", cart.restore),
        Route("/discount/{code}", cart.discount_link),
        Route("/checkout", checkout.show),
        Route("/checkout", checkout.place, methods=["POST"]),
        Route("/thanks/{order}", checkout.thanks),
        Route("/consent", consent, methods=["POST"]),
        Route("/heimta-sw.js", service_worker),
        Route("/site.webmanifest", manifest),
        Route("/favicon.ico", icon),
        Route("/healthz", healthz),
        Mount("/static", StaticFiles(directory=static_dir)),
    ]
    if records:
        routes.append(Route("/admin/orders.json", orders))
    return routes


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    shop: Shop = app.state.shop
    shop.records.forget_old_carts(now=shop.now())
    sending = asyncio.create_task(shop.sender.run())
    try:
        yield
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await shop.edge.close()
        shop.records.close()


def _version_of(static_dir: Path) -> str:
    """Changes when a static file does, so a browser never mixes an old style with a new page."""
    digest = hashlib.sha256()
    for file in sorted(static_dir.rglob("*.*")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:10]


async def consent(request: Request) -> Response:
    """The banner's buttons without JavaScript; with it, static/demo/consent.js writes the same cookie."""
    form = await request.form()
    chosen = "all" if form.get("choice") == "all" else "needed"
    response = RedirectResponse(cart.local_path(str(form.get("back", "/"))), 303)
    response.set_cookie("shop_consent", chosen, max_age=180 * 24 * 3600, samesite="lax")
    return response


async def service_worker(request: Request) -> Response:
    """The shop's own copy of the edge's push worker: a worker must come from the page's own origin."""
    try:
        worker = await shop_of(request).edge.service_worker()
    except EdgeAway as away:
        return PlainTextResponse(f"Not copied yet: {away}", 503, {"Retry-After": "5"})
    return Response(worker, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


async def manifest(request: Request) -> Response:
    icons = [{"src": "/static/icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any maskable"}]
    icons += [
        {"src": f"/static/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    return JSONResponse(
        {
            "id": "/",
            "name": "Fjord & Fell",
            "short_name": "Fjord & Fell",
            "start_url": "/",
            "display": "standalone",
            "background_color": "#f6f1e7",
            "theme_color": "#1d3a42",
            "icons": icons,
        },
        media_type="application/manifest+json",
    )


async def icon(request: Request) -> Response:
    return FileResponse(request.app.state.icon, media_type="image/svg+xml")


async def healthz(request: Request) -> Response:
    return PlainTextResponse("ok")


async def orders(request: Request) -> Response:
    return JSONResponse(msgspec.to_builtins(shop_of(request).records.orders()))
