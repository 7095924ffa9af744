"""Health and figures of the edge."""

from __future__ import annotations

import structlog
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import answer
from heimta.edge.deps import Edge
from heimta.ingest.commit import QUEUE
from heimta.operate.ready import in_words, ready
from heimta.store.probe import probe

log = structlog.get_logger()


async def healthz(request: Request) -> Response:
    """Alive. Says nothing about Redis, so that a restart is not tried in vain."""
    return answer(200, {"ok": True})


async def readyz(request: Request) -> Response:
    """Ready: the store is one to serve and takes writes, and the queue has room: batches can be taken."""
    edge: Edge = request.app.state.edge
    waiting = edge.figures.queue()
    if edge.shops.why_not:
        return ready(edge.shops.why_not, queue=waiting)
    if waiting >= QUEUE:
        return ready(f"the queue is full: {waiting} entries wait to be written", queue=waiting)
    try:
        await probe(edge.redis)
    except (RedisError, OSError) as error:
        log.warning("not ready", why=f"{type(error).__name__}: {error}")
        return ready(in_words(error), queue=waiting)
    fault = edge.commit.fault  # the probe is one write: it waits for no replica
    return ready(in_words(fault) if fault is not None else "", queue=waiting)


async def metrics(request: Request) -> Response:
    edge: Edge = request.app.state.edge
    return edge.readers.answer(request, edge.exposition)
