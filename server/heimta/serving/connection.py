"""One HTTP connection, and what it may send before anyone believes it.

uvicorn's httptools protocol with limits on the request line, headers, body and pipeline. What is refused is
answered once and the connection ends: after a refusal nothing that it sends is read as a request, so no two
readers can ever disagree where one begins. Deadlines are the keeper's (keeper.py), which looks at all
connections twice a second. A request pays for none of it: the limits look at what the parser has found, after
it has run, and uvicorn's own timer for keep-alive is left out.

Written against uvicorn 0.54 (pinned): `data_received` and `on_response_complete` stand in for its own;
`_start_asgi_task` and `on_message_complete` are asked first, for requests that are taken whole (exchange.py).
"""

from __future__ import annotations

import asyncio
from typing import Any, Literal, Protocol

import httptools
import structlog
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from heimta.model.peer import peer_of
from heimta.serving.exchange import MOST, Exchange, nothing, whole_of
from heimta.serving.limits import MAX_BODY, MAX_HEAD, MAX_HEADERS, MAX_PIPELINE, MAX_URL, MAX_WASTE, SLICE

# silent: no byte of a request yet · head, body: a request half received · busy: the application has it ·
# answer: written and not read · idle: between two requests · ending: refused or closed, not gone yet
Phase = Literal["silent", "head", "body", "busy", "answer", "idle", "ending"]

WHY = {
    400: b"this is not HTTP",
    408: b"the request did not arrive in time",
    413: b"the body is too large",
    414: b"the address is too long",
    431: b"the headers are too large or too many",
}


# super() costs a twentieth of a microsecond
_BEGIN, _COMPLETE = HttpToolsProtocol.on_headers_complete, HttpToolsProtocol.on_message_complete
_DIGITS = len(str(MOST))

log = structlog.get_logger()


class Refused(Exception):
    """Ends the parsing; `Connection.status` says with what."""


class Keeper(Protocol):
    """Who counts connections and holds them to their deadlines."""

    def admit(self, connection: Connection) -> None: ...
    def forget(self, connection: Connection) -> None: ...
    def count(self, why: str) -> None: ...


class Connection(HttpToolsProtocol):
    """opened: loop time. peer: where the connection came from, '' on a socket in the file system."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        keeper: Keeper,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.url = b""
        self.keeper = keeper
        self.whole = whole_of(config.loaded_app)
        self.awaited: Exchange | None = None  # whose body is on its way
        self.peer = ""
        self.counted: object = None  # the request whose bytes are counted
        self.taken = 0  # bytes of it so far
        self.status = 400  # of a refusal by an exception in the parser's callbacks
        self.deaf = False  # refused: what comes is counted and thrown away
        self.spare = MAX_WASTE  # bytes that are still thrown away before the connection is cut
        # The keeper's notes: the request last seen, and since when it and its phase are there.
        self.opened = self.head_since = self.request_since = self.phase_since = self.loop.time()
        self.answer_since = self.opened
        self.seen_request: object = None
        self.seen_phase: Phase = "silent"

    @property
    def phase(self) -> Phase:
        cycle = self.cycle
        if self.transport.is_closing():
            return "ending"
        if self.deaf:
            answering = cycle is not None and not cycle.response_complete and not cycle.disconnected
            return "busy" if answering else "ending"
        if self.scope is None:
            return "silent"
        if cycle is None or (cycle.scope is not self.scope and cycle.response_complete):
            return "head"
        if cycle.more_body and cycle.scope is self.scope and not self.pipeline:
            return "body"
        if not cycle.response_complete:
            return "busy"
        return "answer" if self.transport.get_write_buffer_size() else "idle"

    # What asyncio calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.peer = peer_of(self.client[0]) if self.client else ""
        self.keeper.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.keeper.forget(self)
        if self.awaited is not None:  # no task ever breaks these rings, and half a body hangs on them
            self.awaited = None
            self.cycle.on_response = nothing

    def data_received(self, data: bytes) -> None:
        if len(data) <= SLICE:
            self._take(data)
        else:  # in slices, so that what is too much is found before all of it is parsed
            for start in range(0, len(data), SLICE):
                self._take(data[start : start + SLICE])

    def _take(self, data: bytes) -> None:
        if self.deaf:
            self._throw_away(len(data))
            return
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._end_after_answer()
            return
        except httptools.HttpParserError:
            self.refuse(self.status)
            return
        if self.scope is not self.counted:
            self.counted, self.taken = self.scope, len(data)
        else:
            self.taken += len(data)
        if self.taken > SLICE:  # else it cannot be too much of anything
            self._weigh()

    def _weigh(self) -> None:
        """Refuse a request for the bytes that it has sent so far."""
        cycle = self.cycle
        if cycle is None or cycle.scope is not self.scope:  # in the middle of a head
            if self.taken >= MAX_HEAD:
                self.refuse(414 if len(self.url) > MAX_URL else 431)
        elif self.taken > MAX_HEAD + (MAX_WASTE if cycle.response_complete else MAX_BODY):
            self.refuse(413)  # answered early, the rest is read past for longer: the next request follows it

    # What the parser calls; an exception ends feed_data with an HttpParserError

    def on_headers_complete(self) -> None:
        """uvicorn's own, which starts the application, unless there is too much of something."""
        if len(self.headers) > MAX_HEADERS:
            self._stop(431)
        if len(self.url) > MAX_URL:
            self._stop(414)
        if len(self.pipeline) >= MAX_PIPELINE:
            self._stop(400)
        _BEGIN(self)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """uvicorn's own, but for a request that the application may take whole: that waits for its body."""
        wanted = self.whole is not None and app is self.app and self.whole.wants(cycle.scope)
        # One that was sent ahead of an answer, or asks before it sends its body, goes the ordinary way.
        if wanted and cycle is self.cycle and cycle.more_body and not cycle.body:
            headers = dict(cycle.scope["headers"])
            told = headers.get(b"content-length", b"")
            if 0 < len(told) <= _DIGITS and int(told) <= MOST and not cycle.waiting_for_100_continue:
                self.awaited = Exchange(self, cycle, headers)
                return
        self.start(cycle, app)

    def start(self, cycle: RequestResponseCycle, app: Any) -> None:
        """A task, as uvicorn starts one."""
        super()._start_asgi_task(cycle, app)

    def on_message_complete(self) -> None:
        _COMPLETE(self)
        if (exchange := self.awaited) is not None:
            self.awaited = None
            self._offer(exchange)

    def _offer(self, exchange: Exchange) -> None:
        """Ask the application. A fault of its own must not reach the parser, who would blame the request."""
        assert self.whole is not None
        exchange.body = bytes(self.cycle.body)
        try:
            is_taken = self.whole.take(exchange)
        except Exception:
            log.exception("a request cannot be taken whole")
            is_taken = False
        if is_taken:
            self.cycle.body = bytearray()  # an idle connection keeps its last request
        else:
            exchange.pass_on(self.app)

    def _stop(self, status: int) -> None:
        self.status = status
        raise Refused

    # What the application's answer calls

    def on_response_complete(self) -> None:
        """Stands in for uvicorn's, without its timer for keep-alive."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)

    # Ends

    def refuse(self, status: int) -> None:
        """Answer once, read nothing more as a request, and hang up.

        The answer is left out when it would be taken for that of an earlier request that is still in hand.
        """
        self.keeper.count(str(status))
        cycle = self.cycle
        own = cycle is not None and cycle.scope is self.scope  # refused in its body; else in its head
        taken = own and cycle.response_started
        earlier = self.pipeline or (cycle is not None and not own and not cycle.response_complete)
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
        self.deaf = True
        self.flow.resume_reading()  # to see the client hang up
        if taken or earlier:
            self.transport.close()
            return
        why = WHY[status]
        self.transport.write(
            STATUS_LINE[status] + b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
            b"connection: close\r\n\r\n%s" % (len(why), why)
        )
        self.transport.write_eof()  # close() with bytes unread would be a reset, and the answer lost

    def _throw_away(self, count: int) -> None:
        self.spare -= count
        if self.spare < 0:
            self.transport.abort()

    def _end_after_answer(self) -> None:
        """The client asked for another protocol than HTTP/1.1: it gets its answer, and nothing after it."""
        self.deaf = True
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
        else:
            self.cycle.keep_alive = False
