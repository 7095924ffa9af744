"""Carry facts from a partition's relay stream into the logs of others. At least once: what takes them knows a
second copy.

What is for one visitor goes at once, since an order stops the messages of their other browsers. News of a
product is for all of the partition who watch it, thousands perhaps, and on the day of a sale a shop tells of
its whole catalogue. So news is spread a page at a time, when the log is folded: what is spread stands in the
same log as the shoppers' events, and a step that spread all of it would outlive the lease and begin anew for
ever. After a crash news is spread again from its first watcher: a moment is known by its time.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from heimta.ingest.entry import Entry
from heimta.model.product import ProductNote
from heimta.store import keys, watchers
from heimta.store.connect import Client, text
from heimta.store.log import Log
from heimta.worker.entries import relay_to
from heimta.worker.owner import Owner

_json = msgspec.json.Encoder().encode
_note = msgspec.json.Decoder(ProductNote).decode


class Relays:
    """Of one partition, as long as it is this worker's. clock: ms."""

    def __init__(
        self, redis: Client, log: Log, owner: Owner, *, partitions: int, clock: Callable[[], int]
    ) -> None:
        self._redis = redis
        self._log = log
        self._owner = owner
        self._partitions = partitions
        self._clock = clock
        self._after = ""  # looked at up to here; of that only news of products is left
        self._spread = (b"", 0)  # the news in hand, and to how many of its watchers it was told

    async def carry(self) -> None:
        """What is for one visitor each, up to a hundred facts, also those behind news that waits."""
        rows = await self._owner.relays(self._after)
        entries, carried = [], []
        for entry_id, fields in rows:
            shop, note = text(fields[b"s"]), fields[b"d"]
            if visitor := relay_to(note):
                home = keys.partition_of(shop, visitor, self._partitions)
                entries.append(Entry(home, shop, "relay", self._clock(), note))
                carried.append(entry_id)
        if entries:
            await self._log.append(entries)
            await self._owner.relayed(carried)
        if rows:
            self._after = text(rows[-1][0])

    async def spread(self) -> None:
        """One page of the oldest news."""
        rows = await self._owner.relays()
        if not rows:
            return
        if relay_to(rows[0][1][b"d"]):  # come since; or after a failover, under an id from before it
            self._after = ""
            return
        name, fields = rows[0]
        start = self._spread[1] if self._spread[0] == name else 0
        shop, note = text(fields[b"s"]), _note(fields[b"d"])
        home = self._owner.partition
        names = await watchers.page(self._redis, home, shop, note.sku, start)
        told = [msgspec.structs.replace(note, vid=visitor) for visitor in names]
        if told:
            now = self._clock()
            await self._log.append([Entry(home, shop, "product", now, _json(each)) for each in told])
        self._spread = (name, start + len(names))
        if len(names) < watchers.READ:
            await self._owner.relayed([name])
