"""Log lines: one event a line, ours and those of the libraries in the same form, to standard error.

Five rules. One line is one JSON object, whatever a stranger put into a path or a header. What is said again
and again is said once, then every ten seconds with how often: an outage under load is a line, no full disk.
A password inside an address is not written. Values are cut: a log is read by people. A disk that takes no
line stops nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Literal, TextIO, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

QUIET_S = 10.0
KINDS = 500  # of repeated lines that are told apart
MAX_VALUE = 500  # characters
MAX_TRACE = 8000

_ADDRESS = re.compile(r"(\w://)(\S*+)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_IN_TRACE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_TRACE = "  | "  # begins each line of a trace: none of them can pass for a line of its own


class Repeats:
    """Lets a warning through once, then holds its like back for QUIET_S and tells how many there were.

    Likeness: the event's words, which are ours and constant, and the kind of the error that came with it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told_at: dict[tuple[str, str], float] = {}
        self._held: dict[tuple[str, str], EventDict] = {}

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        if method in ("debug", "info") or event.pop("_told", False):
            return event
        key, now = (str(event.get("event")), _kind(event.get("exc_info"))), self._clock()
        if now - self._told_at.get(key, -QUIET_S) >= QUIET_S:
            if len(self._told_at) >= KINDS:
                self._told_at.clear()
            self._told_at[key] = now
            return event
        if key in self._held:
            self._held[key]["more"] += 1
        else:
            self._held[key] = {**event, "more": 1}
            self._tell_later(key, method, self._told_at[key] + QUIET_S - now)
        raise structlog.DropEvent

    def _tell_later(self, key: tuple[str, str], method: str, wait_s: float) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # a command, not a server: it says what it has to say and ends
            return
        loop.call_later(wait_s, self._tell, key, method)

    def _tell(self, key: tuple[str, str], method: str) -> None:
        """What was held back, as one line: the first of it, and how many. Then quiet for as long again."""
        held = self._held.pop(key, None)
        if held is not None:
            self._told_at[key] = self._clock()
            words = held.pop("event")
            getattr(structlog.get_logger(), method)(words, **held, _told=True)


def _kind(exc_info: object) -> str:
    if isinstance(exc_info, BaseException):
        return type(exc_info).__name__
    if isinstance(exc_info, tuple) and exc_info[0] is not None:
        return str(exc_info[0].__name__)
    return (sys.exc_info()[0] or type(None)).__name__ if exc_info else ""


def _without_login(address: re.Match[str]) -> str:
    """To the last @: a password may hold one. In a function, so that a text of `a://` alone is read once."""
    _, at, rest = address[2].rpartition("@")
    return f"{address[1]}…@{rest}" if at else address[0]


def _cut(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Values short, no password in them; what is no plain value becomes its text."""
    for name, value in event.items():
        if value is None or isinstance(value, bool | int | float):
            continue
        text = _ADDRESS.sub(_without_login, value if isinstance(value, str) else str(value))
        longest = MAX_TRACE if name == "exception" else MAX_VALUE
        event[name] = text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"
    return event


def _visible(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """For a terminal: nothing that moves the cursor or breaks the line. A trace has lines of its own, and
    ends with the words of an error, which may be a stranger's and of several lines, too.
    """
    for name, value in event.items():
        if isinstance(value, str):
            signs = _IN_TRACE if name == "exception" else _CONTROL
            told = signs.sub(lambda found: f"\\x{ord(found[0]):02x}", value)
            event[name] = _TRACE + told.replace("\n", f"\n{_TRACE}") if name == "exception" else told
    return event


def _json(event: dict[str, Any], **options: Any) -> str:
    # json escapes everything outside ASCII, and below a space; DEL is left to us.
    return json.dumps(event, **options).replace("\x7f", "\\u007f")


class _Forward(logging.Handler):
    """Lines of uvicorn, asyncio and the others take the same way as ours."""

    def emit(self, record: logging.LogRecord) -> None:
        words = record.getMessage().strip()
        more: dict[str, Any] = {"exc_info": record.exc_info} if record.exc_info else {}
        structlog.get_logger().log(record.levelno, words, logger=record.name, **more)


class _Spare:
    """A stream that may fail. The logs of `heimta serve` are on the store's disk: where that is full, the
    word about it must not end whoever says it. A line that cannot be written is left out.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, line: str) -> None:
        with contextlib.suppress(OSError):
            self._out.write(line)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._out.flush()


def set_up(how: Literal["json", "text"], *, file: TextIO | None = None) -> None:
    """JSON lines for machines, or aligned text for people. file: standard error if left out."""
    renders: list[structlog.typing.Processor] = (
        [_cut, structlog.processors.JSONRenderer(serializer=_json)]
        if how == "json"
        else [_cut, _visible, structlog.dev.ConsoleRenderer(colors=False)]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            Repeats(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            *renders,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, _Spare(file or sys.stderr))),
    )
    logging.basicConfig(handlers=[_Forward()], level=logging.WARNING, force=True)
    for name in ("uvicorn", "uvicorn.error"):  # an earlier uvicorn.Config gave them handlers of their own
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate, logger.disabled = True, False
    logging.captureWarnings(True)
    sys.excepthook = _uncaught


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    structlog.get_logger().critical("ended by an error", exc_info=(kind, error, trace))
