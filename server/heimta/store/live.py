"""The stream of live events for the console, read off the log's end. Nothing is written for it."""

from __future__ import annotations

import msgspec

from heimta.store import keys
from heimta.store.connect import Client


class Entry(msgspec.Struct, frozen=True):
    """One log entry as it was accepted. kind: see ingest/entry.py; data: the bytes as received."""

    id: str
    shop: str
    kind: str
    received: int
    data: bytes


async def recent(redis: Client, shop: str, partitions: int, *, limit: int = 50) -> list[Entry]:
    """The newest entries of a shop, newest first."""
    async with redis.pipeline(transaction=False) as pipe:
        for p in range(partitions):
            pipe.xrevrange(keys.log(p), count=limit)
        rows = await pipe.execute()
    entries = [
        Entry(
            id=entry_id.decode(),
            shop=fields[b"s"].decode(),
            kind=fields[b"k"].decode(),
            received=int(fields[b"t"]),
            data=fields[b"d"],
        )
        for row in rows
        for entry_id, fields in row
        if fields[b"s"].decode() == shop
    ]
    return sorted(entries, key=lambda entry: entry.received, reverse=True)[:limit]
