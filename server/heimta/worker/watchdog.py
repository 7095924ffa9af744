"""Ends a process whose event loop is stuck, so that another can take over: nothing in the process could.

The clock is faulthandler's own thread, which needs no interpreter lock: even a regular expression that never
ends is found. It writes where every thread stood, in plain text, to standard error. A worker that was stopped
(SIGSTOP, a frozen machine) for longer than that ends as well when it wakes: its leases are gone by then.
"""

from __future__ import annotations

import asyncio
import faulthandler

STDERR = 2  # the descriptor itself: sys.stderr may be replaced, and this must work when nothing else does


async def watch(limit_s: float) -> None:
    """Run for as long as the loop does; cancelled, it stands down."""
    try:
        while True:
            faulthandler.dump_traceback_later(limit_s, exit=True, file=STDERR)
            await asyncio.sleep(limit_s / 10)
    finally:
        faulthandler.cancel_dump_traceback_later()
