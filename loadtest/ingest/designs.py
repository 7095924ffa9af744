"""The servers that are compared, each a process on uvicorn without access log and proxy headers, with a tuned
collector. Heimta runs behind its own deadlines and limits, as it always does; the others run without.

`starlette` is the unit: a Route that reads the body, answers 204 and stores nothing. `first` and `pipeline`
are what one would write before measuring: they validate nothing and store the same bytes.
"""

from __future__ import annotations

import argparse
import gc
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import orjson
import redis.asyncio as redis
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from heimta.app import edge_app
from heimta.serving.limits import Limits
from heimta.serving.serve import flags
from heimta.settings import load
from heimta.store.connect import connect

TTL_S = 90 * 24 * 3600
PLAIN = {"access_log": False, "server_header": False, "log_level": "warning"}
POOL = 256  # more than there are clients: the pool raises when it is empty


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """uvicorn alone: reads the body, answers 204."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        return
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def starlette() -> ASGIApp:
    async def take(request: Request) -> Response:
        await request.body()
        return Response(status_code=204)

    return _app(take)


def first(url: str) -> ASGIApp:
    """Three awaits a request, each a round trip."""
    store = _client(url)

    async def take(request: Request) -> Response:
        body = await request.body()
        visitor = orjson.loads(body)["vid"]
        await store.xadd("log", {"d": body})
        await store.hset(f"v:{visitor}", mapping={"seen": "1"})
        await store.expire(f"v:{visitor}", TTL_S)
        return Response(status_code=204)

    return _app(take)


def pipeline(url: str) -> ASGIApp:
    """The same three in one round trip a request."""
    store = _client(url)

    async def take(request: Request) -> Response:
        body = await request.body()
        visitor = orjson.loads(body)["vid"]
        async with store.pipeline(transaction=False) as pipe:
            pipe.xadd("log", {"d": body})
            pipe.hset(f"v:{visitor}", mapping={"seen": "1"})
            pipe.expire(f"v:{visitor}", TTL_S)
            await pipe.execute()
        return Response(status_code=204)

    return _app(take)


def heimta(url: str) -> ASGIApp:
    """The product, as `heimta edge` builds it."""
    told = {"HEIMTA_REDIS_URL": url, "HEIMTA_SHOP_MB_PER_MINUTE": "1000000"}  # one shop, as fast as can be
    return edge_app(load(told), connect(url, timeout_s=2.0))


def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, max_connections=POOL)


def _app(take: Callable[[Request], Awaitable[Response]]) -> ASGIApp:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        gc.collect()
        gc.freeze()
        gc.set_threshold(100_000, 50, 1000)
        yield

    return Starlette(routes=[Route("/s/{shop}", take, methods=["POST"])], lifespan=lifespan)


def main() -> None:
    """`python -m loadtest.ingest.designs NAME URL FD CORE`: serve on a listening socket handed down."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=("uvicorn", "starlette", "first", "pipeline", "heimta"))
    parser.add_argument("url")
    parser.add_argument("fd", type=int)
    parser.add_argument("core", type=int)
    asked = parser.parse_args()
    os.sched_setaffinity(0, {asked.core})
    made: dict[str, Callable[[], ASGIApp]] = {
        "uvicorn": lambda: bare,
        "starlette": starlette,
        "first": lambda: first(asked.url),
        "pipeline": lambda: pipeline(asked.url),
        "heimta": lambda: heimta(asked.url),
    }
    own = flags(Limits()) if asked.name == "heimta" else PLAIN
    config = uvicorn.Config(made[asked.name](), proxy_headers=False, loop="uvloop", **own)
    # Not fd=: uvicorn takes that for a unix socket, and answers in two parts wait for delayed ACKs.
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=asked.fd)])


if __name__ == "__main__":
    main()
