"""A worker whose fold meets an entry made to end it; run as a process by test_crashes.py.

    python -m tests.worker.hostile_worker URL kill|hang|none FOLDER LEASE_MS

The product has no hook for this: the fold is wrapped here. The lease is short, so that a test need not wait.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Any

from heimta import app
from heimta.channels.webpush import WebPush
from heimta.store import keys
from heimta.store.connect import connect
from heimta.worker import loop, trial
from heimta.worker import owner as owner_room
from heimta.worker.carriers.all import all_carriers
from heimta.worker.slot import Slot

BAD = "b" * 22  # the visitor whose entries are made to end a worker
PARTITIONS = 4


def wrap(how: str) -> None:
    real = owner_room.apply_fact

    def apply_fact(state: object, fact: Any, **more: Any) -> Any:
        if fact.visitor == BAD and how == "kill":
            os._exit(9)
        if fact.visitor == BAD and how == "hang":
            time.sleep(3600)
        return real(state, fact, **more)

    owner_room.apply_fact = apply_fact


async def main(url: str, how: str, folder: str, lease_ms: int) -> None:
    wrap(how)
    keys.LEASE_MS, keys.WORKER_MS = lease_ms, lease_ms // 2
    loop.RENEW_S, loop.BEAT_S, loop.RETRY_S = 0.3, 0.1, 0.1  # a tenth, as the lease
    loop.STUCK_S, trial.LIMIT_S = 2.0, 1.0  # longer than a busy machine lets an honest entry wait
    worker = loop.Worker(
        connect(url),
        all_carriers(WebPush(extra_origins=(), connect_to={})),
        partitions=PARTITIONS,
        edge_url="http://edge.example",
        clock=app.now_ms,
        name=Slot(Path(folder)).name,
    )
    await worker.run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4], lease_ms=int(sys.argv[4])))
