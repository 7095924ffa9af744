"""The edge's routes and its life: what is public, in one table."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import structlog
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from heimta.edge import (
    bounces,
    confirm,
    fulfilment,
    health,
    hooks,
    hooks_platforms,
    inbound,
    inbound_messenger,
    links,
    offers,
    preferences,
    products,
    scripts,
    subscriptions,
    surveys,
)
from heimta.edge.answers import refuse
from heimta.edge.budget import Budget
from heimta.edge.bundles import Bundles
from heimta.edge.deps import Edge, Figures
from heimta.edge.ingest import Ingest, shop_in
from heimta.edge.presence import Presence
from heimta.edge.shops import Shops
from heimta.ingest.commit import GroupCommit
from heimta.ingest.lanes import Lanes
from heimta.operate.readers import Readers
from heimta.rules.addresses import stands_for
from heimta.store import keys
from heimta.store.connect import Client, is_clustered
from heimta.store.log import DirectLog, Log
from heimta.store.partitions import settle

log = structlog.get_logger()


def make_routes(edge: Edge | None) -> list[BaseRoute]:
    """The table. edge: None only to read the paths off it."""
    take: list[BaseRoute] = [
        # First, and raw: every event goes through here.
        Route("/s/{shop}", Ingest(edge) if edge is not None else offers.claim, methods=["POST"]),
    ]
    return [
        *take,
        Route("/s/{shop}.js", scripts.snippet),
        Route("/s/{shop}.js.map", scripts.snippet_map),
        Route("/s/{shop}.json", scripts.config),
        Route("/s/{shop}/claim", offers.claim, methods=["POST"]),
        Route("/s/{shop}/push", subscriptions.push, methods=["POST"]),
        Route("/s/{shop}/preferences", preferences.preferences, methods=["POST"]),
        Route("/s/{shop}/answered", surveys.answered, methods=["POST"]),
        Route("/s/{shop}/messenger", inbound_messenger.link, methods=["POST"]),
        Route("/w/{file}", scripts.widget),
        Route("/r/{token}", links.restore_cart),
        Route("/r/to/{token}", links.lead_on),
        Route("/u/{token}", preferences.page, methods=["GET", "POST"]),
        Route("/c/{token}", confirm.page, methods=["GET", "POST"]),
        Route("/a/{token}", surveys.page, methods=["GET", "POST"]),
        Route("/hooks/{shop}/generic", hooks.generic, methods=["POST"]),
        Route("/hooks/{shop}/shopify", hooks_platforms.shopify, methods=["POST"]),
        Route("/hooks/{shop}/woocommerce", hooks_platforms.woocommerce, methods=["POST"]),
        Route("/hooks/{shop}/sms", inbound.sms, methods=["POST"]),
        Route("/hooks/{shop}/messenger", inbound_messenger.messenger, methods=["GET", "POST"]),
        Route("/hooks/{shop}/products", products.products, methods=["POST"]),
        Route("/hooks/{shop}/fulfilment", fulfilment.fulfilment, methods=["POST"]),
        Route("/hooks/{shop}/bounces", bounces.bounces, methods=["POST"]),
        Route("/hooks/{shop}/coupon/{code}", offers.coupon_check),
        Route("/healthz", health.healthz),
        Route("/readyz", health.readyz),
        Route("/metrics", health.metrics),
    ]


routes = make_routes(None)


# Opened by people, out of a message.
PAGES = (links.restore_cart, links.lead_on, preferences.page, confirm.page, surveys.page)


async def redis_away(request: Request, error: Exception) -> Response:
    """Any Redis error that a route did not expect: never a 500, since trying again helps."""
    endpoint = request.scope.get("endpoint")  # not the path: it may hold a link's token
    log.warning("redis away", route=getattr(endpoint, "__name__", ""), why=f"{type(error).__name__}: {error}")
    if endpoint in PAGES:
        return links.away_page(request)
    return refuse(503, "unavailable", "come back soon", retry_after_s=5)


class EdgeApp(Starlette):
    """Starlette, with the hot path's own door.

    The walk through its middleware and its routes costs more than taking a batch does (make bench-ingest), so
    the one address that every event goes to is known by sight. It stands in the table too, first.
    What is asked under a shop's own path is taken for what it stands for (rules/addresses.py).
    """

    whole: Ingest  # serving/exchange.py looks for it
    shops: Shops

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            if scope["method"] == "POST":
                shop = shop_in(path)
                if shop:
                    await self.whole.answer(shop, scope, receive, send)
                    return
            own = self.shops.own_paths
            if own and (real := stands_for(path, own)) is not None:
                await self({**scope, "path": real, scripts.ASKED: path}, receive, send)
                return
        await super().__call__(scope, receive, send)


def open_logs(redis: Client, partitions: int, replicas: int) -> list[Log]:
    """One log for all partitions of a server; on a cluster one for each, as each has a node of its own."""
    if not is_clustered(redis):
        return [DirectLog(redis, replicas=replicas)]
    return [Log(redis, probe=keys.probe(partition), replicas=replicas) for partition in range(partitions)]


def open_commit(logs: list[Log], figures: Figures, *, clustered: bool) -> GroupCommit | Lanes:
    """What makes entries durable, told of in the figures."""
    commit: GroupCommit | Lanes
    if clustered:
        commit = Lanes(logs, committed=figures.committed, failed=figures.redis_error)
    else:
        commit = GroupCommit(logs[0], committed=figures.committed, failed=figures.redis_error)
    figures.queue = commit.waiting
    return commit


def create_app(
    redis: Client,
    bundles: Bundles,
    *,
    partitions: int,
    push_origins: tuple[str, ...],
    clock: Callable[[], int],
    readers: Readers | None = None,
    replicas: int = 0,
    edge_url: str = "",
    budget: Budget | None = None,
) -> EdgeApp:
    """The edge on a connection that it closes at the end. clock: now in ms, UTC.

    readers: who may read /metrics. replicas: how many must have an event before it is acknowledged.
    edge_url: our own address, as providers sign it. budget: what a shop may have stored; without, any number.
    """
    figures = Figures()
    logs = open_logs(redis, partitions, replicas)
    commit = open_commit(logs, figures, clustered=is_clustered(redis))
    edge = Edge(
        redis=redis,
        shops=Shops(redis, bundles, clock, settle=partial(settle, redis, partitions)),
        bundles=bundles,
        commit=commit,
        partitions=partitions,
        push_origins=push_origins,
        clock=clock,
        figures=figures,
        readers=readers or Readers(),
        edge_url=edge_url,
        budget=budget or Budget(),
    )

    presence = Presence(redis)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await edge.shops.start()
        edge.commit.start()
        presence.start()
        # What was made at start lives for ever: keep the collector off it.
        gc.collect()
        gc.freeze()
        gc.set_threshold(100_000, 50, 1000)
        yield
        await edge.commit.stop()
        await asyncio.gather(*(line.aclose() for line in logs))
        await edge.shops.stop()
        await presence.stop()
        await redis.aclose()

    app = EdgeApp(
        routes=make_routes(edge),
        lifespan=lifespan,
        exception_handlers={RedisError: redis_away, OSError: redis_away},
    )
    app.state.edge = edge
    app.whole, app.shops = Ingest(edge), edge.shops
    return app
