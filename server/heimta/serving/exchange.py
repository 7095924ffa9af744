"""A request that is handed to the application whole, and answered by a call: no task, no messages.

By ASGI a request is a task, a coroutine in every layer, a message for its body and two for its answer: for
the one address that takes thousands a second, a fifth of what it costs (make bench-ingest). So an application
may offer to take requests whole (`Whole`): those whose body is announced, small and here. It may decline each
of them, and everything unusual goes the ordinary way in any case: nothing was used up.
"""

from __future__ import annotations

from typing import Any, Protocol

from starlette.types import ASGIApp
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

MOST = HIGH_WATER_LIMIT  # bytes of a body that uvicorn takes in before somebody reads it


class Whole(Protocol):
    """Who takes some requests whole: an application's `whole`, if it has one. No call may wait."""

    def wants(self, scope: Any) -> bool:
        """By the head alone: whether to be asked when the body is here."""

    def take(self, exchange: Exchange) -> bool:
        """Whether it is taken, and will be answered: at once or later. False: the ordinary way, please."""


def whole_of(app: Any) -> Whole | None:
    """Who takes an application's requests whole. uvicorn wraps one that is behind a proxy."""
    while app is not None:
        found: Whole | None = getattr(app, "whole", None)
        if found is not None:
            return found
        app = getattr(app, "app", None)
    return None


class Exchange:
    """A request that is here, and its answer to be. Answer it once.

    headers: names in lower case; of one that comes twice, the last. body: at most MOST bytes; whole when the
        application is asked.
    """

    __slots__ = ("_connection", "_cycle", "body", "headers")

    def __init__(
        self, connection: Answering, cycle: RequestResponseCycle, headers: dict[bytes, bytes]
    ) -> None:
        self._connection = connection
        self._cycle = cycle
        self.headers = headers
        self.body = b""

    @property
    def path(self) -> str:
        path: str = self._cycle.scope["path"]
        return path

    def reply(self, status: int, head: bytes, body: bytes) -> bool:
        """Answer in one write. False when nothing was done and `pass_on` must: the reader is slow, or has
        sent more requests ahead of this answer.

        head: header lines, each with its CR LF, Content-Length of the body among them.
        """
        cycle = self._cycle
        if self._connection.pipeline or cycle.flow.write_paused:
            return False
        cycle.response_started = cycle.response_complete = True
        if not cycle.disconnected:
            cycle.waiting_for_100_continue = False
            told = b"".join([b"%s: %s\r\n" % pair for pair in cycle.default_headers])
            close = b"" if cycle.keep_alive else b"connection: close\r\n"
            cycle.transport.write(b"%s%s%s%s\r\n%s" % (STATUS_LINE[status], told, head, close, body))
            if not cycle.keep_alive:
                cycle.transport.close()
            cycle.on_response()
        cycle.on_response = nothing  # as uvicorn does at the end of a task: a ring less for the collector
        return True

    def pass_on(self, app: ASGIApp) -> None:
        """Let an application answer, in a task, as for any request. A Response is one."""
        self._connection.start(self._cycle, app)

    def hang_up(self) -> None:
        """Where there can be no answer: the client finds out at once, instead of waiting for one."""
        self._cycle.transport.close()


class Answering(Protocol):
    """What an exchange needs of its connection."""

    @property
    def pipeline(self) -> Any: ...
    def start(self, cycle: RequestResponseCycle, app: Any) -> None: ...


def nothing() -> None:
    return None
