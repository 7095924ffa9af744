"""The composition root: settings in, running applications out. Nothing else knows all rooms.

Each process imports its own rooms only, when it is built: a worker that was killed is back half a second
sooner than if it read the console's and the edge's code as well.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from redis.exceptions import RedisError
from starlette.applications import Starlette

from heimta.operate.readers import Readers
from heimta.operate.watchdog import watched
from heimta.serving import serve as serving
from heimta.serving.limits import Limits
from heimta.settings import Settings
from heimta.store import partitions
from heimta.store.connect import Client, connect
from heimta.store.probe import probe

STATIC = Path(__file__).parents[2] / "static"  # when run from a checkout


def now_ms() -> int:
    """The one clock: ms since the epoch, UTC. Handed to whatever needs time."""
    return time.time_ns() // 1_000_000


def edge_app(settings: Settings, redis: Client) -> Starlette:
    from heimta.edge.app import create_app
    from heimta.edge.budget import Budget
    from heimta.edge.bundles import Bundles

    return create_app(
        redis,
        Bundles(STATIC / "dist"),
        partitions=settings.partitions,
        push_origins=settings.push_origins,
        edge_url=settings.edge_url,
        clock=now_ms,
        readers=Readers(settings.metrics_token),
        replicas=settings.redis_wait_replicas,
        budget=Budget(settings.shop_mb_per_minute * 1_000_000),
    )


def console_app(settings: Settings, redis: Client) -> Starlette:
    """Raises AssetsMissing."""
    from heimta.console.app import create_app

    return create_app(
        redis=redis,
        edge_url=settings.edge_url,
        console_url=settings.console_url,
        partitions=settings.partitions,
        static=STATIC,
        clock=now_ms,
        readers=Readers(settings.metrics_token),
    )


def worker_app(settings: Settings, redis: Client) -> Starlette:
    from heimta.channels.meta_audience import MetaAudience
    from heimta.channels.outside import Outside
    from heimta.channels.shopify import Shopify
    from heimta.channels.webpush import WebPush
    from heimta.channels.woocommerce import WooCommerce
    from heimta.worker.app import create_app
    from heimta.worker.carriers.all import all_carriers
    from heimta.worker.carriers.all import close as close_carriers
    from heimta.worker.loop import Worker
    from heimta.worker.slot import Slot

    push = WebPush(extra_origins=settings.push_origins, connect_to=settings.push_connect_to)
    carriers = all_carriers(push, edge_url=settings.edge_url, trusted=settings.outside_origins)
    outside = Outside(trusted=settings.outside_origins)
    slot = Slot(settings.data)
    worker = Worker(
        redis,
        carriers,
        name=slot.name,
        partitions=settings.partitions,
        edge_url=settings.edge_url,
        clock=now_ms,
        replicas=settings.redis_wait_replicas,
        makers={"shopify": Shopify(outside), "woocommerce": WooCommerce(outside)},
        network=MetaAudience(Outside(trusted=settings.outside_origins)),
    )

    async def close() -> None:
        await close_carriers(carriers)
        await outside.close()
        await redis.aclose()
        slot.close()

    readers = Readers(settings.metrics_token)
    return create_app(worker, probe=partial(probe, redis), close=close, readers=readers)


def shop_app(settings: Settings, *, records: bool) -> Starlette:
    from heimta.demo.app import create_app

    return create_app(
        data_dir=settings.data / "shop",
        edge_url=settings.edge_url,
        webhook_secret=settings.webhook_secret,
        records=records,
    )


def watch_over(app: Starlette) -> None:
    """End the process when its loop is stuck. Not for a worker, which watches itself and is less patient."""
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[Any]:
        async with watched(), inner(app) as state:
            yield state

    app.router.lifespan_context = lifespan


def serve(app: Starlette, settings: Settings, *, port: int, behind_proxy: bool = True) -> None:
    """Run an application until a signal; requests in hand are finished first. See serving/serve.py."""
    limits = Limits(connections=settings.max_connections, peer=settings.peer_connections)
    serving.serve(app, host=settings.host, port=port, limits=limits, behind_proxy=behind_proxy)


def check_partitions(url: str, wanted: int) -> None:
    """Hold the number of partitions to what this store was started with. Raises PartitionsChanged, or
    HalfRestored. Edge and worker ask again as soon as a store that is away now is there.
    """

    async def ask() -> None:
        redis = connect(url)
        try:
            await partitions.settle(redis, wanted)
        except (RedisError, OSError) as error:
            structlog.get_logger().warning("store away at start", why=f"{type(error).__name__}: {error}")
        finally:
            await redis.aclose()

    asyncio.run(ask())
