"""A name that means another server now: a hosted Redis fails over, and the old master lives on as a replica.

Its connections stay open and answer READONLY for ever, so the name has to be looked up again. A link stands
in for the name here: where it leads is found out at each connect, as an address is.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from redis.exceptions import ReadOnlyError

from heimta.ingest.entry import Entry
from heimta.launch.valkey import embedded
from heimta.store import keys
from heimta.store.connect import connect, sharing
from heimta.store.log import DirectLog
from tests.ports import free_port

ENTRY = Entry(0, "demo", "batch", 1, b"{}", b"")


@pytest.fixture
def other() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="hv") as folder, embedded(Path(folder)) as url:
        yield url


@pytest.fixture
def short() -> Iterator[Path]:
    """A socket's path may have about 100 bytes."""
    with tempfile.TemporaryDirectory(prefix="hl") as folder:
        yield Path(folder)


async def once_refused(write: Callable[[], Awaitable[object]]) -> None:
    with pytest.raises(ReadOnlyError):
        await write()
    await write()


async def test_all_go_to_the_new_master_once_the_old_one_refused_them(
    lone_url: str, other: str, short: Path
) -> None:
    link = short / "s"
    link.symlink_to(lone_url.removeprefix("unix://"))
    old, new, named = connect(lone_url), connect(other), connect(f"unix://{link}")
    line, log = sharing(named), DirectLog(named)
    try:
        await old.flushall()
        await asyncio.gather(named.set("a", 1), line.set("b", 1), log.append([ENTRY]))
        link.unlink()
        link.symlink_to(other.removeprefix("unix://"))
        await old.replicaof("127.0.0.1", str(free_port()))
        await once_refused(lambda: log.append([ENTRY]))
        await once_refused(lambda: line.set("b", 2))
        await once_refused(lambda: named.set("a", 2))
        assert [await new.get("a"), await new.get("b"), await new.xlen(keys.log(0))] == [b"2", b"2", 1]
    finally:
        await old.replicaof("NO", "ONE")
        await log.aclose()
        for client in (named, old, new):
            await client.aclose()
