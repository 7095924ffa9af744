"""A master is replaced between a step's reading and its writing: what was read is not what is there."""

from __future__ import annotations

import pytest

from heimta.store import keys
from heimta.store.connect import Client
from heimta.store.partition import LostLease, PartitionStore, Write

STATE = Write(states={("demo", "v"): b"state"})


async def tell(redis: Client, data: bytes, entry_id: str) -> None:
    await redis.xadd(keys.log(0), {"s": "demo", "k": "batch", "t": 1, "d": data, "u": b""}, id=entry_id)


async def owner_of(redis: Client) -> PartitionStore:
    store = PartitionStore(redis, 0, "worker")
    assert await store.acquire()
    return store


async def test_what_the_new_master_never_had_moves_no_checkpoint(redis: Client) -> None:
    """Else all that the new master acknowledged before that entry's time would be passed over."""
    store = await owner_of(redis)
    await tell(redis, b"of the old master", "9-0")
    assert await store.read_log("0", 10)
    await redis.delete(keys.log(0))
    await tell(redis, b"of the new master", "5-0")
    with pytest.raises(LostLease):
        await store.write(Write(checkpoint="9-0", states=STATE.states), expected="0")
    assert (await store.checkpoint(), await store.states([("demo", "v")])) == ("0", [None])


async def test_another_entry_of_the_same_id_is_another_entry(redis: Client) -> None:
    store = await owner_of(redis)
    await tell(redis, b"of the old master", "9-0")
    assert await store.read_log("0", 10)
    await redis.delete(keys.log(0))
    await tell(redis, b"of the new master", "9-0")
    with pytest.raises(LostLease):
        await store.write(Write(checkpoint="9-0"), expected="0")


async def test_each_of_the_entries_that_were_read_may_be_the_position(redis: Client) -> None:
    store = await owner_of(redis)
    for number in range(3):
        await tell(redis, b"x" * 1000 + b"%d" % number, f"{number + 1}-0")
    assert len(await store.read_log("0", 10)) == 3
    await store.write(Write(checkpoint="1-0"), expected="0")
    await store.write(Write(checkpoint="3-0"), expected="1-0")
    await store.write(STATE, expected="3-0")
    assert (await store.checkpoint(), await store.states([("demo", "v")])) == ("3-0", [b"state"])
