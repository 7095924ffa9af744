"""Group commit on a cluster: a lane for each partition.

A partition's log is on one node, so a group of one partition is one command to one node, all or none. A node
that is away refuses the visitors of its own partitions at once, and holds up nobody else's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from heimta.ingest.commit import Durable, GroupCommit, Told
from heimta.ingest.entry import Entry


class Lanes:
    """What GroupCommit is, for several logs. logs: by partition."""

    def __init__(
        self,
        logs: Sequence[Durable],
        *,
        committed: Callable[[int, float], None] | None = None,
        failed: Callable[[], None] | None = None,
    ) -> None:
        self._lanes = [GroupCommit(log, committed=committed, failed=failed) for log in logs]

    def start(self) -> None:
        for lane in self._lanes:
            lane.start()

    async def stop(self) -> None:
        """Commit what waits, then end."""
        await asyncio.gather(*(lane.stop() for lane in self._lanes))

    def waiting(self) -> int:
        """Entries that wait for a group of their own."""
        return sum(lane.waiting() for lane in self._lanes)

    @property
    def fault(self) -> Exception | None:
        """Why none of the lanes can take entries; None while one can."""
        faults = [lane.fault for lane in self._lanes]
        return faults[0] if all(faults) else None

    async def append(self, entry: Entry, *, insists: bool = False) -> None:
        """Return once the entry is durable. Raises Unavailable. insists: as in GroupCommit."""
        await self._lanes[entry.partition].append(entry, insists=insists)

    def submit(self, entry: Entry, told: Told) -> None:
        """The same for who does not wait: `told` is called once. Raises Unavailable."""
        self._lanes[entry.partition].submit(entry, told)
