"""One connection to a push service: a POST at a time, and of its answer what a push needs.

HTTP is llhttp's (httptools), the parser that aiohttp and Node have; what stands here is what becomes of an
answer: its status and one header are kept, its body never is (with a hostile endpoint it could be a page of
someone's network), and of one that is too long no more is read: we hang up.
"""

from __future__ import annotations

import asyncio
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from msgspec import Struct

MAX_HEAD = 32_768  # bytes of an answer before its body
MAX_ANSWER = 4096  # bytes of its body that are read, so that the connection can be used again
MAX_WORD = 100  # characters of a header that is kept


class Answer(Struct, frozen=True):
    """retry_after: the header as it came, '' without one."""

    status: int
    retry_after: str = ""


class Line(asyncio.Protocol):
    """Made by asyncio when it connects. Ask `is_free` before each post."""

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._told: asyncio.Future[Answer] | None = None  # whoever waits for the answer
        self._status = 0  # of the answer; 0 until its head has come
        self._retry_after = ""
        self._head = self._body = 0  # bytes that came
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def is_free(self) -> bool:
        """Whether a post may go over it. What came unasked, or too late, has closed it."""
        return self._told is None and self._transport is not None and not self._transport.is_closing()

    def post(self, request: bytes) -> asyncio.Future[Answer]:
        """The answer to a whole request; OSError if none came. Whoever gives up has to hang up."""
        assert self._transport is not None and self._told is None
        self._told = asyncio.get_running_loop().create_future()
        self._status = self._head = self._body = 0
        self._retry_after = ""
        self._transport.write(request)
        return self._told

    def answer_so_far(self) -> Answer | None:
        """The status may have come, and the rest never: it alone decides."""
        return Answer(self._status, self._retry_after) if self._status else None

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none by their class

    def data_received(self, data: bytes) -> None:
        if self._told is None:
            self.hang_up()
            return
        self._head += 0 if self._status else len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as fault:
            self._end(ConnectionError(f"no HTTP: {fault}"))
            self.hang_up()
        if self._body > MAX_ANSWER or self._head > MAX_HEAD:
            self._end(ConnectionError("an answer without an end"))
            self.hang_up()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._end(ConnectionResetError("hung up before an answer came"))
        if not self.closed.done():
            self.closed.set_result(None)

    def _end(self, fault: OSError) -> None:
        """Tell whoever waits, once: the answer if its status has come."""
        told, self._told = self._told, None
        if told is None or told.done():
            return
        answer = self.answer_so_far()
        if answer is None:
            told.set_exception(fault)
        else:
            told.set_result(answer)

    # What the parser calls.

    def on_message_begin(self) -> None:
        if self._told is None:  # a second answer to one question
            self.hang_up()
        self._retry_after = ""

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"retry-after":
            self._retry_after = value[:MAX_WORD].decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        self._status = 0 if 100 <= status < 200 else status  # 103 and its like: the answer follows

    def on_body(self, body: bytes) -> None:
        self._body += len(body)

    def on_message_complete(self) -> None:
        if self._status:
            if not self._parser.should_keep_alive():
                self.hang_up()
            self._end(ConnectionError("never: the status has come"))
