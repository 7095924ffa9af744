"""The one write of a partition: all of it or nothing, by its owner only, whatever the server's mood."""

from __future__ import annotations

import pytest
from redis.exceptions import (
    BusyLoadingError,
    DataError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from heimta.store import keys
from heimta.store.connect import Client
from heimta.store.faults import is_away
from heimta.store.partition import Dead, LostLease, PartitionStore, Write
from heimta.store.partition_scripts import MAX_NAMED

FULL = Write(
    checkpoint="5-0",
    states={("demo", "anna"): b"state", ("demo", "bo"): b"other"},
    due={("demo", "anna"): 1000, ("demo", "bo"): 0},
    counts={("demo", "20251121"): {"21:orders": 2, "21:carts": -1}},
    lift={("demo", "exit-offer"): {"ten|revenue_sq": 10**24}},
    outbox={"m1": b"message"},
    outbox_done=["m0"],
    relays=[("demo", b"note")],
    log=[("demo", "delivery", 7, b"told")],
    dead=[Dead("demo", "batch", 3, b"{", "Firefox", "4-0", "why", 1)],
    cleared=["4-0"],
)


async def owning(redis: Client, token: str = "one") -> PartitionStore:
    store = PartitionStore(redis, 0, token)
    assert await store.acquire() is not None
    return store


async def everything(redis: Client) -> dict[bytes, bytes | None]:
    """All of the partition, by DUMP; the lease without its time to live."""
    return {key: await redis.dump(key) for key in sorted(await redis.keys("{p00}:*"))}


async def test_a_full_day_gives_no_new_fault_a_name(redis: Client) -> None:
    """Names of faults come from strangers' browsers. What has a name keeps it, up and down."""
    store, day, old = await owning(redis), keys.rollup(0, "demo", "20251121"), "21:fault.carts.script old"
    filling = {f"0:m{n}": 1 for n in range(MAX_NAMED - 1)}
    await redis.hset(day, mapping={**filling, old: 2})
    counts = {old: -1, "21:fault.carts.network 500 /new": 3, "21:fault.times.script x": 1, "21:carts": 1}
    await store.write(Write(counts={("demo", "20251121"): counts}), expected="0")
    rows = await redis.hgetall(day)
    assert {name: by for name, by in rows.items() if not name.startswith(b"0:m")} == {
        old.encode(): b"1",
        b"21:fault.carts.other": b"3",
        b"21:fault.times.other": b"1",
        b"21:carts": b"1",
    }


async def test_a_sum_that_is_full_stays_and_everything_else_is_written(redis: Client) -> None:
    """Strangers' carts are in the sums: whoever fills one must not keep the step from being written whole."""
    store, day = await owning(redis), keys.rollup(0, "demo", "20251121")
    await redis.hset(day, mapping={"21:a": 2**63 - 10, "21:b": 5})
    counts = {"21:a": 11, "21:b": 1, "21:c": 2**63, "21:d": 7}
    await store.write(
        Write(
            states={("demo", "anna"): b"state"},
            counts={("demo", "20251121"): counts},
            lift={("demo", "exit-offer"): {"ten|b": 3}},
            outbox={"m1": b"message"},
        ),
        expected="0",
    )
    assert await redis.hgetall(day) == {b"21:a": b"%d" % (2**63 - 10), b"21:b": b"6", b"21:d": b"7"}
    assert await redis.hgetall(keys.lift(0, "demo", "exit-offer")) == {b"ten|b": b"3"}
    assert await store.outbox() == [b"message"]


async def test_a_key_of_another_kind_is_an_error_and_not_a_full_sum(redis: Client) -> None:
    store = await owning(redis)
    await redis.set(keys.rollup(0, "demo", "20251121"), "no hash")
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await store.write(Write(counts={("demo", "20251121"): {"21:a": 1}}), expected="0")


async def test_everything_of_a_step_is_there_afterwards(redis: Client) -> None:
    store = await owning(redis)
    await redis.zadd(keys.due(0), {"demo:bo": 5})
    await redis.hset(keys.outbox(0), "m0", b"old")
    assert await store.suspect("4-0") == 1
    await store.write(FULL, expected="0")
    assert await store.checkpoint() == "5-0"
    assert await store.states([("demo", "anna"), ("demo", "bo"), ("demo", "cy")]) == [
        b"state",
        b"other",
        None,
    ]
    assert await store.due(5000, 10) == [(("demo", "anna"), 1000)]
    assert await store.outbox() == [b"message"]
    assert [fields for _, fields in await store.relays()] == [{b"s": b"demo", b"d": b"note"}]
    [(_, entry)] = await store.read_log("0", 10)
    assert (entry[b"k"], entry[b"t"], entry[b"d"]) == (b"delivery", b"7", b"told")
    assert await redis.hgetall(keys.rollup(0, "demo", "20251121")) == {b"21:orders": b"2", b"21:carts": b"-1"}
    [square] = (await redis.hgetall(keys.lift(0, "demo", "exit-offer"))).values()
    assert float(square) == 1e24
    assert await store.dead() == 1
    assert not await redis.exists(keys.suspects(0))
    assert 0 < await redis.ttl(keys.visitor(0, "demo", "anna")) <= keys.STATE_TTL_S


@pytest.mark.parametrize("expected", ["0-1", "4-0"])
async def test_a_step_from_another_checkpoint_writes_nothing(redis: Client, expected: str) -> None:
    store = await owning(redis)
    before = await everything(redis)
    with pytest.raises(LostLease):
        await store.write(FULL, expected=expected)
    assert await everything(redis) == before


async def test_a_step_of_a_former_owner_writes_nothing(redis: Client) -> None:
    former = await owning(redis)
    await redis.delete(keys.lease(0))
    with pytest.raises(LostLease):
        await former.write(FULL, expected="0")
    latter = await owning(redis, "two")
    before = await everything(redis)
    with pytest.raises(LostLease):
        await former.write(FULL, expected="0")
    with pytest.raises(LostLease):
        await former.suspect("1-0")
    await former.release()
    assert await everything(redis) == before
    await latter.write(FULL, expected="0")


async def test_terms_grow_from_owner_to_owner(redis: Client) -> None:
    terms = []
    for number in range(3):
        store = PartitionStore(redis, 0, f"worker-{number}")
        taken = await store.acquire()
        assert taken is not None and not taken.crashed
        terms.append(taken.term)
        await store.release()
    assert terms == [1, 2, 3]


async def test_a_script_that_the_server_forgot_is_told_again(redis: Client) -> None:
    store = await owning(redis)
    await redis.script_flush()
    await store.write(FULL, expected="0")
    assert await store.checkpoint() == "5-0"


async def test_a_full_server_takes_nothing_of_a_step_and_still_takes_what_frees_memory(redis: Client) -> None:
    store = await owning(redis)
    await store.write(FULL, expected="0")
    before = await everything(redis)
    await redis.config_set("maxmemory", 1)
    try:
        with pytest.raises(OutOfMemoryError) as refused:
            await store.write(FULL, expected="5-0")
        assert is_away(refused.value)
        await store.write(Write(), expected="5-0")  # the lease is kept
        assert await everything(redis) == before
        await store.write(Write(outbox_done=["m1"], due={("demo", "anna"): 0}), expected="5-0")
        assert await store.outbox() == []
        await store.trim(2**50)
        assert await store.due(5000, 10) == []
    finally:
        await redis.config_set("maxmemory", 0)
    await store.write(FULL, expected="5-0")


async def test_a_large_step_fits(redis: Client) -> None:
    store = await owning(redis)
    names = [("demo", f"{number:022d}") for number in range(9000)]  # more than Lua could unpack at once
    step = Write(checkpoint="1-0", states=dict.fromkeys(names, b"s"), due=dict.fromkeys(names, 9))
    await store.write(step, expected="0")
    assert await redis.zcard(keys.due(0)) == 9000


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (RedisConnectionError("gone"), True),
        (RedisTimeoutError("slow"), True),
        (ConnectionResetError("reset"), True),
        (BusyLoadingError("LOADING"), True),
        (ReadOnlyError("a replica"), True),
        (OutOfMemoryError("full"), True),
        (NoPermissionError("not you"), True),
        (ResponseError("MISCONF Errors writing to the AOF file"), True),
        (ResponseError("BUSY Redis is busy running a script"), True),
        (ResponseError("NOREPLICAS Not enough good replicas to write."), True),
        (ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value"), False),
        (ResponseError("unknown command 'NONSENSE'"), False),
        (DataError("Invalid input of type: 'NoneType'"), False),
        (ZeroDivisionError("a bug"), False),
    ],
    ids=str,
)
def test_a_bug_is_not_taken_for_a_server_that_is_away(error: Exception, away: bool) -> None:
    assert is_away(error) is away


async def test_a_key_of_another_type_is_a_bug_and_no_mood(redis: Client) -> None:
    store = await owning(redis)
    await redis.set(keys.due(0), "no set")
    with pytest.raises(RedisError) as refused:
        await store.write(FULL, expected="0")
    assert not is_away(refused.value)


async def test_the_log_is_trimmed_by_age_whatever_its_length(redis: Client) -> None:
    store = await owning(redis)
    async with redis.pipeline(transaction=False) as pipe:
        for number in range(1, 30_001):  # Redis trims 10,000 a call at most
            pipe.xadd(keys.log(0), {"d": "x"}, id=f"{number}-0")
        await pipe.execute()
    await store.trim(25_000)
    assert 5_000 <= await redis.xlen(keys.log(0)) <= 5_200
