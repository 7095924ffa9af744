"""Does something to entries in a child process first: whether they end it shows there, at nobody's cost.

The fold is pure, so it can be tried. The child is a fork, with this very code and memory, and touches nothing
outside but one pipe: a byte for each entry that it came through. It dies of what would have killed the
worker, and of its own alarm if an entry takes too long; what an entry raises is no end, and is dealt with
where it is folded in earnest. Only after a crash, since a fork costs some milliseconds.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn, TypeVar

import structlog

LIMIT_S = 3.0  # for one entry, which takes a hundredth of a millisecond; beyond it is a hang

Entry = TypeVar("Entry")

log = structlog.get_logger()


async def first_fatal(entries: Sequence[Entry], attempt: Callable[[Entry], object]) -> int | None:
    """The place of the first entry that ends or hangs the process when attempted; None if all went well,
    or could not be tried.
    """
    reading, writing = os.pipe()
    try:
        child = _fork(entries, attempt, writing)
    except BlockingIOError as error:
        log.warning("what ended a worker cannot be tried first: no more processes", why=str(error))
        os.close(reading)
        return None
    finally:
        os.close(writing)
    try:
        came_through = await _count_until_closed(reading)
    except asyncio.CancelledError:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        os.waitpid(child, 0)
        os.close(reading)
    return came_through if came_through < len(entries) else None


def _fork(entries: Sequence[Entry], attempt: Callable[[Entry], object], writing: int) -> int:
    """The child's process id. A signal before it is its own would be noted in the loop that both share."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        child = os.fork()
        if child == 0:
            _attempt_all(entries, attempt, writing)
        return child
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _attempt_all(entries: Sequence[Entry], attempt: Callable[[Entry], object], writing: int) -> NoReturn:
    """In the child. Whatever happens it ends here, without the parent's last rites."""
    try:
        signal.set_wakeup_fd(-1)
        for told in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
            signal.signal(told, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        for entry in entries:
            signal.setitimer(signal.ITIMER_REAL, LIMIT_S)
            with suppress(Exception):  # it is raised again, and told, where the entry is folded in earnest
                attempt(entry)
            os.write(writing, b".")
    finally:
        os._exit(0)


async def _count_until_closed(reading: int) -> int:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()
    count = 0

    def take() -> None:
        nonlocal count
        got = len(os.read(reading, 65536))
        count += got
        if not got and not ended.done():
            ended.set_result(None)

    loop.add_reader(reading, take)
    try:
        await ended
    finally:
        loop.remove_reader(reading)
    return count
