"""Raises workers and buries them: a process that has imported everything, and forks one life at a time.

A worker that is started from nothing needs a second for Python alone, and there are more than a thousand
lives to get through. Reads a plan a line; answers `born <pid>`, and `ended <status>` when that life is over.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import TextIO

import msgspec

from heimta import app as parts
from heimta.launch import lifeline
from heimta.operate import logs
from heimta.settings import load
from heimta.store.connect import connect
from heimta.worker.loop import Worker
from loadtest.chaos_send.deaths import Plan, mortal

JUMP_S = 0.5


def clock(plan: Plan) -> int:
    """This machine's, wrong by turns. Timers go by Redis' clock, so nobody may notice."""
    wrong = plan.clock_ms[int(time.monotonic() / JUMP_S) % len(plan.clock_ms)]
    return time.time_ns() // 1_000_000 + wrong


def live(plan: Plan) -> None:
    """A whole worker, put together as the program does it."""
    parts.now_ms = lambda: clock(plan)
    settings = load(os.environ)

    async def run() -> None:
        app = parts.worker_app(settings, connect(str(settings.redis_url)))
        worker: Worker = app.state.worker
        worker._sender._carriers = mortal(worker._sender._carriers, plan)
        await worker.run()

    asyncio.run(run())


def main() -> None:
    told = os.fdopen(os.dup(1), "w", buffering=1)
    log = os.open(Path(sys.argv[1]), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    logs.set_up("json")
    for line in sys.stdin:
        _one_life(msgspec.json.decode(line, type=Plan), told)


def _one_life(plan: Plan, told: TextIO) -> None:
    tie = lifeline.tie_to_parent()
    child = os.fork()
    if child == 0:
        try:
            tie()
            live(plan)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    told.write(f"born {child}\n")
    _, status = os.waitpid(child, 0)
    is_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    told.write(f"ended {'killed' if is_killed else status}\n")


if __name__ == "__main__":
    main()
