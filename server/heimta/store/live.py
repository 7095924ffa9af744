"""The stream of live events for the console, read off the log's end. Nothing is written for it."""

from __future__ import annotations

from collections.abc import Callable

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


def _any(entry: Entry) -> bool:
    return True


async def recent(
    redis: Client,
    shop: str,
    partitions: int,
    *,
    limit: int = 50,
    wanted: Callable[[Entry], bool] = _any,
) -> list[Entry]:
    """The newest entries of a shop that are wanted, newest first.

    A quiet shop may stand far back in a log that another one fills: of each partition more and more is looked
    through, until enough was found; in all the newest (1 + 4 + 16) x limit entries of it.
    """
    found: list[Entry] = []
    ends = dict.fromkeys(range(partitions), "+")  # where to read on, in those that hold more
    for count in (limit, 4 * limit, 16 * limit):
        async with redis.pipeline(transaction=False) as pipe:
            for p, end in ends.items():
                pipe.xrevrange(keys.log(p), max=end, count=count)
            pages = dict(zip(ends, await pipe.execute(), strict=True))
        for rows in pages.values():
            entries = (_entry(*row) for row in rows if row[1][b"s"] == shop.encode())
            found += [entry for entry in entries if wanted(entry)]
        ends = {p: f"({rows[-1][0].decode()}" for p, rows in pages.items() if len(rows) == count}
        if not ends or len(found) >= limit:
            break
    return sorted(found, key=lambda entry: entry.received, reverse=True)[:limit]


def _entry(entry_id: bytes, fields: dict[bytes, bytes]) -> Entry:
    return Entry(
        id=entry_id.decode(),
        shop=fields[b"s"].decode(),
        kind=fields[b"k"].decode(),
        received=int(fields[b"t"]),
        data=fields[b"d"],
    )
