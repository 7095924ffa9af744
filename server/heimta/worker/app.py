"""The worker's own small HTTP: health and figures, for the operator only."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from heimta.operate.figures import Exposition
from heimta.operate.readers import Readers
from heimta.operate.ready import in_words, ready
from heimta.worker.expose import families
from heimta.worker.loop import Worker

STOP_S = 14.0  # for sends in hand (11 s at most) and the leases; supervisors wait 18 s

log = structlog.get_logger()


async def healthz(request: Request) -> Response:
    """Alive: the loops run. Says nothing about Redis, so that a restart is not tried in vain."""
    running = not request.app.state.task.done()
    return JSONResponse({"ok": running}, status_code=200 if running else 503)


async def readyz(request: Request) -> Response:
    """Ready: the loops run and the store takes writes. A spare worker owns nothing and is ready all the same:
    it is there to take over.
    """
    owned = len(request.app.state.worker.figures.owned)
    if request.app.state.task.done():
        return ready("the loops have ended", partitions=owned)
    try:
        await request.app.state.probe()
    except (RedisError, OSError) as error:
        log.warning("not ready", why=f"{type(error).__name__}: {error}")
        return ready(in_words(error), partitions=owned)
    return ready(partitions=owned)


async def metrics(request: Request) -> Response:
    readers: Readers = request.app.state.readers
    return readers.answer(request, request.app.state.exposition)


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


def broke(app: Starlette) -> bool:
    """Whether the loops ended by a bug: then the process must not end with 0. Asked after serving."""
    task: asyncio.Task[None] = app.state.task
    return task.done() and not task.cancelled() and task.exception() is not None


def create_app(
    worker: Worker,
    *,
    probe: Callable[[], Awaitable[None]],
    close: Callable[[], Awaitable[None]],
    readers: Readers | None = None,
) -> Starlette:
    """probe: asks whether the store takes writes. close: ends the connections once the loops have ended.

    readers: who may read /metrics.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.task = asyncio.create_task(worker.run(), name="worker")
        app.state.task.add_done_callback(_stop_if_broken)
        yield
        worker.stop()
        app.state.task.cancel()
        # What is on the wire is waited for. A store that keeps silent is not: the leases run out.
        await asyncio.wait({app.state.task}, timeout=STOP_S)
        await close()

    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.worker, app.state.probe, app.state.readers = worker, probe, readers or Readers()
    app.state.exposition = Exposition(lambda: families(worker.figures))
    return app
