"""Health and metrics of the edge."""

from __future__ import annotations

from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import answer
from heimta.edge.deps import Edge


async def healthz(request: Request) -> Response:
    """Alive. Says nothing about Redis, so that a restart is not tried in vain."""
    return answer(200, {"ok": True})


async def readyz(request: Request) -> Response:
    """Ready: Redis answers, so that batches can be taken."""
    edge: Edge = request.app.state.edge
    try:
        await edge.redis.ping()
    except (RedisError, OSError) as error:
        return answer(503, {"ok": False, "why": f"{type(error).__name__}: {error}"})
    return answer(200, {"ok": True})


async def metrics(request: Request) -> Response:
    edge: Edge = request.app.state.edge
    return edge.readers.answer(request, edge.exposition)
