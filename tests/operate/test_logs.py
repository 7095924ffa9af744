"""One event a line, whatever is in it; and an outage is a few lines."""

from __future__ import annotations

import asyncio
import errno
import io
import json
import logging
import sys
from collections.abc import Iterator
from timeit import repeat

import pytest
import structlog
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st

from heimta.operate import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    hook, root = sys.excepthook, logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(False)
    structlog.reset_defaults()
    sys.excepthook, root.handlers[:] = hook, handlers
    root.setLevel(level)


def told(how: str = "json") -> io.StringIO:
    out = io.StringIO()
    logs.set_up("json" if how == "json" else "text", file=out)
    return out


def lines(out: io.StringIO) -> list[dict[str, object]]:
    """Read as a collector does: split at line ends of every kind, each an object."""
    return [json.loads(line) for line in out.getvalue().splitlines()]


ANYTHING = st.text(st.characters()) | st.binary() | st.floats() | st.lists(st.text(), max_size=2)


@settings(max_examples=200, deadline=None)
@given(ANYTHING, ANYTHING, st.text(st.characters()))
def test_whatever_a_stranger_sends_is_one_object_on_one_line(path: object, header: object, why: str) -> None:
    out = told()
    structlog.get_logger().warning("batch not taken", path=path, header=header, why=why)
    logging.getLogger("uvicorn.error").warning("Invalid %s", why)
    assert [line["level"] for line in lines(out)] == ["warning", "warning"]
    assert out.getvalue().isprintable() or set(out.getvalue()) - {"\n"} <= set(map(chr, range(32, 127)))


def test_uvicorns_lines_and_traces_take_the_same_form() -> None:
    uvicorn.Config(app=None, log_level="info")  # type: ignore[arg-type]  # gives its loggers handlers of their own
    out = told()
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    (line,) = lines(out)
    assert line["event"] == "Exception in ASGI application" and line["logger"] == "uvicorn.error"
    assert "ValueError: first\nsecond" in str(line["exception"])


def test_what_ends_the_program_is_one_line_too() -> None:
    out = told()
    sys.excepthook(ValueError, ValueError("a\nb"), None)
    assert lines(out)[0]["event"] == "ended by an error"


@pytest.mark.parametrize("url", ["redis://u:hunter2@h:1", "redis://:hun@ter2@h:1 refused"])
def test_a_password_in_an_address_is_not_written(url: str) -> None:
    out = told()
    structlog.get_logger().warning("store away", why=f"cannot reach {url}")
    assert "ter2" not in out.getvalue() and "@h:1" in out.getvalue()


def test_a_text_of_many_addresses_is_read_once() -> None:
    def told_s(text: str) -> float:
        log = structlog.get_logger()
        return min(repeat(lambda: log.warning("x", why=text), told, number=1, repeat=3))  # `told` begins anew

    assert told_s("a://" * 10_000) <= 50 * told_s("a//:" * 10_000)


class Full(io.StringIO):
    """A file on a disk that is full."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("how", ["json", "text"])
def test_a_full_disk_under_the_log_stops_nobody(how: str) -> None:
    """`heimta serve` keeps its logs beside the store: the first word about a full disk ended the group
    commit, and the edge refused all events until it was started again.
    """
    logs.set_up("json" if how == "json" else "text", file=Full())
    structlog.get_logger().warning("log away", why="MISCONF")
    structlog.get_logger().info("stopped")
    logging.getLogger("uvicorn.error").error("beside ours")


def test_a_long_value_is_cut() -> None:
    out = told()
    structlog.get_logger().warning("x", path="a" * 100_000)
    assert len(out.getvalue()) < 1000


async def test_an_outage_is_told_once_and_then_how_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "QUIET_S", 0.2)
    out = told()
    for number in range(1000):
        structlog.get_logger().warning("batch not taken", why=f"attempt {number}")
    assert len(lines(out)) == 1
    async with asyncio.timeout(10):
        while len(lines(out)) < 2:
            await asyncio.sleep(0.01)
    assert lines(out)[1]["more"] == 999 and lines(out)[1]["event"] == "batch not taken"


def test_different_troubles_are_all_told() -> None:
    out = told()
    log = structlog.get_logger()
    for error in (ValueError("a"), KeyError("b")):
        log.error("entry cannot be folded", exc_info=error)
    log.error("documents cannot be read")
    assert len(lines(out)) == 3


def test_what_went_well_is_never_held_back() -> None:
    out = told()
    for _ in range(3):
        structlog.get_logger().info("message", outcome="sent")
    assert len(lines(out)) == 3


def test_a_terminal_is_not_moved_by_what_a_stranger_sends() -> None:
    out = told("text")
    structlog.get_logger().warning("batch not taken", path="\x1b[2J\r\nnot a line of its own\x9b")
    assert "\x1b" not in out.getvalue() and "\x9b" not in out.getvalue()
    assert len(out.getvalue().splitlines()) == 1


def test_no_line_of_an_error_s_words_passes_for_a_line_of_the_log() -> None:
    forged = "2026-11-23T12:00:00Z [warning  ] backup deleted"
    out = told("text")
    try:
        raise ValueError(f"no cart\n{forged}\u2028{forged}\r{forged}")
    except ValueError:
        structlog.get_logger().exception("message cannot be sent")
    first, *trace = out.getvalue().splitlines()
    assert "message cannot be sent" in first and len(trace) > 3
    assert all(line.startswith("  | ") for line in trace), trace


def test_no_error_of_a_strangers_words_moves_it_either() -> None:
    out = told("text")
    try:
        raise ValueError("\x1b]0;a title\x07 of a cart\r\x9b2J")
    except ValueError:
        structlog.get_logger().exception("message cannot be sent")
    assert not set("\x1b\x07\r\x9b") & set(out.getvalue())
    assert "\\x1b]0;a title" in out.getvalue() and len(out.getvalue().splitlines()) > 3
