"""`heimta worker`, and a file that says when each claim was begun: the instant from which a message counts as
on its way. The product has no hook for it: its own command is run here after one function was wrapped.

`python -m loadtest.race.witness FILE`; a line a claim that was granted: visitor, and ms before it was asked.
"""

from __future__ import annotations

import os
import sys
import time

from heimta import cli
from heimta.store.partition import PartitionStore


def main() -> None:
    told = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    claim = PartitionStore.claim

    async def witnessed(self: PartitionStore, visitor: str, message: str, mark: bytes, *, since: str) -> bool:
        asked_ms = time.time() * 1000
        taken = await claim(self, visitor, message, mark, since=since)
        if taken:
            os.write(told, f"{visitor} {asked_ms:.3f}\n".encode())
        return taken

    PartitionStore.claim = witnessed  # type: ignore[method-assign]
    sys.argv = ["heimta", "worker"]
    cli.main()


if __name__ == "__main__":
    main()
