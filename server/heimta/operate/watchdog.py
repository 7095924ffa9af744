"""Ends a process whose event loop is stuck, so that another can take over: nothing in the process could.

The clock is faulthandler's own thread, which needs no interpreter lock: even a regular expression that never
ends is found. It writes where every thread stood, in plain text, to standard error. A worker that was stopped
(SIGSTOP, a frozen machine) for longer than that ends as well when it wakes: its leases are gone by then, and
what it believes is old. There is one such clock in a process.
"""

from __future__ import annotations

import asyncio
import faulthandler
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

STUCK_S = 30.0  # for those that own nothing: whoever asked has long gone
STDERR = 2  # the descriptor itself: sys.stderr may be replaced, and this must work when nothing else does


class StoodStill(Exception):
    """The loop ran on after the limit, before the other clock had its turn."""


async def watch(limit_s: float) -> None:
    """Run for as long as the loop does; cancelled, it stands down. Raises StoodStill."""
    now = asyncio.get_running_loop().time
    try:
        while True:
            faulthandler.dump_traceback_later(limit_s, exit=True, file=STDERR)
            began = now()
            await asyncio.sleep(limit_s / 10)
            if now() - began > limit_s:
                raise StoodStill(f"for {now() - began:.1f} s; {limit_s:g} s are allowed")
    finally:
        faulthandler.cancel_dump_traceback_later()


@asynccontextmanager
async def watched() -> AsyncIterator[None]:
    """The same around what owns nothing, an edge or a console: one that goes on after all may go on."""
    task = asyncio.create_task(_watch_on(STUCK_S), name="watchdog")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _watch_on(limit_s: float) -> None:
    while True:
        with suppress(StoodStill):
            await watch(limit_s)
