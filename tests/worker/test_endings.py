"""Many messages end in one write: outcomes, rows and outbox together; nothing of it without the rest."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from heimta.model.message import DeliveryNote, Message
from heimta.store import keys, why
from heimta.store.log import Log
from heimta.store.partition import LostLease
from heimta.store.partition_scripts import LOOK
from heimta.store.why import Row
from tests.worker.conftest import Desk, Logged
from tests.worker.shop import JOURNEY, T0, VISITOR


def message(name: str) -> Message:
    return Message(name, "demo", VISITOR, JOURNEY.id, "remind", "push", "c", due_at=T0)


def row(name: str, outcome: str, at: int = T0) -> Row:
    return Row(at, name, JOURNEY.id, "remind", "push", outcome)


async def test_what_ends_together_is_written_together(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = desk.owner()
    assert await owner.take_over()
    await asyncio.gather(*(owner.postpone(message(f"m{n}")) for n in range(4)))
    assert sorted(owner.outbox) == ["m0", "m1", "m2", "m3"]
    writes, real = [], owner._store.write

    async def counted(write: object, *, expected: str) -> None:
        writes.append(write)
        await real(write, expected=expected)  # type: ignore[arg-type]

    monkeypatch.setattr(owner._store, "write", counted)
    note = DeliveryNote(VISITOR, "m0", JOURNEY.id, "sent")
    later = msgspec.structs.replace(message("m2"), not_before=T0 + 9)
    await asyncio.gather(
        owner.finish(message("m0"), note, now=T0, rows=(row("m0", "send"), row("m0", "sent"))),
        owner.finish(message("m1"), note, now=T0, bug="a bug"),
        owner.postpone(later, rows=(row("m2", "retry", T0 + 1),)),
    )
    assert len(writes) == 1
    kept = {name.decode(): raw for name, raw in (await desk.redis.hgetall(keys.outbox(0))).items()}
    assert sorted(kept) == sorted(owner.outbox) == ["m2", "m3"]
    assert msgspec.json.decode(kept["m2"], type=Message) == owner.outbox["m2"] == later
    rows = await why.of(desk.redis, "demo", 0, VISITOR)
    assert [(one.message, one.outcome) for one in rows] == [("m0", "send"), ("m0", "sent"), ("m2", "retry")]
    assert await desk.redis.xlen(keys.log(0)) == 2 and await desk.redis.xlen(keys.dead(0)) == 1
    assert await desk.redis.ttl(keys.why(0, "demo", VISITOR)) > 0


async def test_without_the_lease_none_of_it_is_written(desk: Desk) -> None:
    slow = desk.owner("slow")
    assert await slow.take_over()
    await slow.postpone(message("m0"))
    await desk.redis.delete(keys.lease(0))
    assert await desk.owner("quick").take_over()
    note = DeliveryNote(VISITOR, "m0", JOURNEY.id, "sent")
    ends = (slow.finish(message("m0"), note, now=T0, rows=(row("m0", "sent"),)), slow.postpone(message("m1")))
    for told in await asyncio.gather(*ends, return_exceptions=True):
        assert isinstance(told, LostLease)
    assert await why.of(desk.redis, "demo", 0, VISITOR) == []
    assert await desk.redis.xlen(keys.log(0)) == 0
    assert await desk.redis.hkeys(keys.outbox(0)) == [b"m0"]


async def test_of_a_visitor_the_newest_rows_are_kept(desk: Desk) -> None:
    owner = desk.owner()
    assert await owner.take_over()
    rows = tuple(row(f"m{n}", "sent", T0 + n) for n in range(why.KEEP + 5))
    await owner.postpone(message("m"), rows=rows)
    kept = await why.of(desk.redis, "demo", 0, VISITOR)
    assert kept == list(rows[5:])
    await why.keep(desk.redis, "demo", 0, VISITOR, row("last", "sent", T0 + 10**6))
    assert [one.message for one in await why.of(desk.redis, "demo", 0, VISITOR)][-1] == "last"


async def test_claims_of_one_call_are_judged_each_for_itself(desk: Desk) -> None:
    owner = desk.owner()
    assert await owner.take_over()
    start = await owner._store.last_id()
    note = DeliveryNote("n" * 22, "m", JOURNEY.id, "sent")
    await desk.tell("delivery", msgspec.json.encode(note), T0)
    await desk.tell("batch", b'{"vid":"%s"}' % VISITOR.encode(), T0)
    end = await owner._store.last_id()
    claims = [
        owner._store.claim(VISITOR, "m0", b"0", since=start),  # has news
        owner._store.claim("n" * 22, "m1", b"1", since=start),  # has what became of another message
        owner._store.claim(VISITOR, "m2", b"2", since=end),  # knows of it
        owner._store.claim("o" * 22, "m3", b"", since=start),  # has none, and leaves no mark
    ]
    assert await asyncio.gather(*claims) == [False, True, True, True]
    assert await desk.redis.hgetall(keys.outbox(0)) == {b"m1": b"1", b"m2": b"2"}
    await desk.redis.delete(keys.lease(0))
    with pytest.raises(LostLease):
        await owner._store.claim(VISITOR, "m2", b"", since=end)


async def test_claims_of_one_call_each_look_at_what_came_since_their_own_place(desk: Desk) -> None:
    """One reading of the log for all of them, from where the one begins that knows least."""
    owner = desk.owner()
    assert await owner.take_over()
    names = [f"{n % 40:022}" for n in range(LOOK + 60)]
    await Log(desk.redis).append([Logged("batch", b'{"vid":"%s"}' % name.encode(), T0) for name in names])
    places = ["0", *(name.decode() for name, _ in await desk.redis.xrange(keys.log(0)))]
    where = (0, 1, 59, 60, 61, 300, *range(515, 561))
    asked = [(name, at) for name in (*names[:40], "x" * 22) for at in where]
    claims = (owner._store.claim(name, "m", b"", since=places[at]) for name, at in asked)
    expected = [len(names) - at < LOOK and name not in names[at:] for name, at in asked]
    assert await asyncio.gather(*claims) == expected
    assert {at for (_, at), can in zip(asked, expected, strict=True) if can} == {61, 300, *range(515, 561)}
