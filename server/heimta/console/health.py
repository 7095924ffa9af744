"""Health and figures of the console: open to probes and readers that have no login."""

from __future__ import annotations

from collections.abc import Iterator

import structlog
from prometheus_client.metrics_core import Metric
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from heimta.console.desk import desk_of
from heimta.operate.figures import Exposition, Tally, tally
from heimta.operate.readers import Readers
from heimta.operate.ready import in_words, ready
from heimta.store.probe import probe

log = structlog.get_logger()


class CountMiddleware:
    """Counts answers by the hundred of their status. Outermost, so that a page that broke is counted too."""

    def __init__(self, app: ASGIApp, *, answers: Tally) -> None:
        self.app = app
        self.answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.answers[f"{message['status'] // 100}xx"] += 1
            await send(message)

        await self.app(scope, receive, send_counted)


def exposition(answers: Tally) -> Exposition:
    def families() -> Iterator[Metric]:
        yield tally("heimta_console_answers", "Answers of the console", "status", answers)

    return Exposition(families)


async def healthz(request: Request) -> Response:
    """Alive. Says nothing about Redis, so that a restart is not tried in vain."""
    return PlainTextResponse("ok")


async def readyz(request: Request) -> Response:
    """Ready: the store takes writes, so that somebody can log in."""
    try:
        await probe(desk_of(request).redis)
    except (RedisError, OSError) as error:
        log.warning("not ready", why=f"{type(error).__name__}: {error}")
        return ready(in_words(error))
    return ready()


async def metrics(request: Request) -> Response:
    readers: Readers = request.app.state.readers
    return readers.answer(request, request.app.state.exposition)
