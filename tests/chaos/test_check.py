"""The judge is judged: what was lost, counted twice or invented is found, and what is well is not."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from heimta.model.visitor import Seen, VisitorState
from heimta.store import keys
from heimta.store.connect import Client
from loadtest.chaos import check
from loadtest.chaos.journal import Journal, Told, read
from tests.worker.shop import VISITOR

SRC = "s" * 11
DAY = check.datetime.now(check.UTC).strftime("%Y%m%d")


def journal(folder: Path, *, acked: bool) -> Told:
    file = folder / "journal"
    written = Journal(file)
    seq = written.sending(VISITOR, SRC, [(0, "page_viewed"), (1, "page_viewed")])
    again = written.sending(VISITOR, SRC, [(0, "page_viewed"), (1, "page_viewed")])
    assert again != seq
    if acked:
        written.acked(again)
    written.close()
    return read(file)


async def store(redis: Client, *, beyond: int, counted: int) -> None:
    """A state that has seen the numbers below `beyond`, and a counter."""
    seen = Seen([0, beyond], 1) if beyond else Seen([], 1)
    state = VisitorState("demo", VISITOR, first_at=1, seen={SRC: seen})
    await redis.set(keys.visitor(0, "demo", VISITOR), msgspec.msgpack.encode(state))
    await redis.hset(keys.rollup(0, "demo", DAY), mapping={"1:page_viewed": counted, "1:visitors": 1})


@pytest.mark.parametrize(
    ("acked", "beyond", "counted", "lost", "twice", "invented"),
    [
        (True, 2, 2, 0, 0, 0),
        (False, 2, 2, 0, 0, 0),  # stored and never acknowledged: neither lost nor twice
        (False, 0, 0, 0, 0, 0),
        (True, 1, 1, 1, 0, 0),
        (True, 2, 1, 1, 0, 0),  # in the state, and in no counter
        (True, 2, 4, 0, 2, 0),
        (False, 1, 2, 0, 1, 0),
        (True, 3, 2, 0, 0, 1),
    ],
)
async def test_the_check_finds_what_is_wrong(
    redis: Client,
    tmp_path: Path,
    acked: bool,
    beyond: int,
    counted: int,
    lost: int,
    twice: int,
    invented: int,
) -> None:
    await store(redis, beyond=beyond, counted=counted)
    found = await check.check(redis, "demo", journal(tmp_path, acked=acked), 1)
    assert (found.lost, found.twice, found.invented) == (lost, twice, invented), found.details
