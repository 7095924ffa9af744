"""The worker's own small HTTP: health and metrics, for the operator only."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from heimta.worker.loop import Worker

log = structlog.get_logger()


async def healthz(request: Request) -> Response:
    """Alive: the loops run. Says nothing about Redis, so that a restart is not tried in vain."""
    running = not request.app.state.task.done()
    return JSONResponse({"ok": running}, status_code=200 if running else 503)


async def readyz(request: Request) -> Response:
    """Ready: Redis answers and at least one partition is ours."""
    owned = len(request.app.state.worker.figures.owned)
    try:
        await request.app.state.ping()
    except (RedisError, OSError) as error:
        return JSONResponse({"ok": False, "why": str(error)}, status_code=503)
    return JSONResponse({"ok": owned > 0, "partitions": owned}, status_code=200 if owned else 503)


async def metrics(request: Request) -> Response:
    return PlainTextResponse(generate_latest(request.app.state.registry))


routes: list[BaseRoute] = [
    Route("/healthz", healthz),
    Route("/readyz", readyz),
    Route("/metrics", metrics),
]


def _stop_if_broken(task: asyncio.Task[None]) -> None:
    """A worker that met a bug must not look alive: end, loudly, so that whoever watches starts it again."""
    if not task.cancelled() and task.exception() is not None:
        log.critical("worker broke", exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)


def create_app(
    worker: Worker, *, ping: Callable[[], Awaitable[object]], close: Callable[[], Awaitable[None]]
) -> Starlette:
    """ping: asks Redis. close: ends the connections once the loops have ended."""
    registry = CollectorRegistry()
    figures = worker.figures
    Gauge("heimta_partitions_owned", "Partitions this worker owns", registry=registry).set_function(
        lambda: len(figures.owned)
    )
    Gauge("heimta_entries_folded", "Log entries folded since start", registry=registry).set_function(
        lambda: figures.folded
    )
    Gauge("heimta_timers_fired", "Timers fired since start", registry=registry).set_function(
        lambda: figures.fired
    )
    Counter("heimta_worker_starts", "1 for each start", registry=registry).inc()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.task = asyncio.create_task(worker.run(), name="worker")
        app.state.task.add_done_callback(_stop_if_broken)
        yield
        app.state.task.cancel()
        await asyncio.gather(app.state.task, return_exceptions=True)
        await close()

    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.worker, app.state.ping, app.state.registry = worker, ping, registry
    return app
