"""The cluster's client against real nodes: where commands go, what a move and a lost master do to them."""

from __future__ import annotations

import asyncio
import time

import msgspec
import pytest
from redis.exceptions import ClusterCrossSlotError, RedisError, ResponseError

from heimta.store import documents, keys
from heimta.store.connect import Client, connect, is_clustered, masters
from heimta.store.slots import slot_of
from loadtest.cluster.local import Cluster, free_ports
from loadtest.cluster.moves import move_key_by_key
from tests.worker.shop import SHOP

LOGS = [keys.log(partition) for partition in range(16)]


async def test_commands_go_where_their_keys_are(clustered: Client, nodes: Cluster) -> None:
    assert is_clustered(clustered)
    for name in LOGS:
        await clustered.xadd(name, {"s": name})
    assert [await clustered.xlen(name) for name in LOGS] == [1] * 16
    assert sorted(await clustered.keys("*")) == sorted(name.encode() for name in LOGS)
    assert sorted([key async for key in clustered.scan_iter("{p*}:log")]) == sorted(await clustered.keys("*"))
    sizes = [await master.dbsize() for master in await masters(clustered)]
    assert len(sizes) == 3 and all(sizes) and sum(sizes) == 16


async def test_a_pipeline_answers_in_its_own_order(clustered: Client) -> None:
    async with clustered.pipeline(transaction=False) as pipe:
        for index, name in enumerate(LOGS):
            pipe.set(name, index)
            pipe.get(name)
        answers = await pipe.execute()
    assert answers == [answer for index in range(16) for answer in (True, str(index).encode())]


async def test_an_error_in_a_pipeline_is_its_own_command_s(clustered: Client) -> None:
    await clustered.set(LOGS[0], "text")
    async with clustered.pipeline(transaction=False) as pipe:
        pipe.hgetall(LOGS[0])
        pipe.get(LOGS[0])
        pipe.get(LOGS[1])
        wrong, kept, none = await pipe.execute(raise_on_error=False)
    assert isinstance(wrong, ResponseError) and (kept, none) == (b"text", None)


async def test_what_belongs_together_has_one_slot(clustered: Client) -> None:
    with pytest.raises(ClusterCrossSlotError):
        await clustered.mget([LOGS[0], LOGS[1]])
    assert await clustered.mget([LOGS[0], keys.checkpoint(0)]) == [None, None]


async def test_a_transaction_is_done_whole(clustered: Client) -> None:
    async with clustered.pipeline(transaction=True) as pipe:
        pipe.hset(keys.coupon(3, "demo", "A"), "c", "x")
        pipe.pexpire(keys.coupon(3, "demo", "A"), 10_000)
        assert await pipe.execute() == [1, True]


async def test_documents_changed_at_once_lose_no_version(clustered: Client) -> None:
    names = [f"Shop {number}" for number in range(8)]
    shops = [msgspec.structs.replace(SHOP, name=name) for name in names]
    versions = await asyncio.gather(*(documents.put(clustered, shop, now=1) for shop in shops))
    assert sorted(versions) == list(range(1, 9))
    assert await documents.revision(clustered, "demo") == 8


async def test_writes_follow_a_slot_that_moves_key_by_key(clustered: Client, nodes: Cluster) -> None:
    names = [f"{{p07}}:n{number}" for number in range(200)]
    written = dict.fromkeys(names, 0)
    stop = asyncio.Event()

    async def count(name: str) -> None:
        while not stop.is_set():
            written[name] = await clustered.incr(name)

    counting = [asyncio.create_task(count(name)) for name in names[:20]]
    for name in names[20:]:
        written[name] = await clustered.incr(name)
    for _ in range(2):  # there and back
        await asyncio.to_thread(move_key_by_key, nodes, slot_of("{p07}"))
    stop.set()
    await asyncio.gather(*counting)
    assert {name: int(await clustered.get(name) or 0) for name in names} == written


async def test_a_master_that_falls_silent_is_replaced_without_anybody_s_help(
    clustered: Client, nodes: Cluster
) -> None:
    """Its connections stay open and answer nothing, so only a deadline tells; a caller's own will do."""
    victim = nodes.master_of(slot_of("{p02}"))
    victim.pause()
    began = time.monotonic()
    while True:
        try:
            async with asyncio.timeout(0.5):
                await clustered.incr("{p02}:n")
            break
        except (RedisError, OSError, TimeoutError):
            assert time.monotonic() - began < 15
            await asyncio.sleep(0.05)
    assert await clustered.ping()
    victim.resume()
    await asyncio.to_thread(nodes.wait_until_whole)
    assert await clustered.incr("{p02}:n") >= 2


async def test_no_node_at_all_is_an_error_of_redis() -> None:
    (port,) = free_ports(1)
    client = connect(f"redis+cluster://127.0.0.1:{port}", timeout_s=1.0)
    with pytest.raises(RedisError, match=f"no node of the cluster answers: 127.0.0.1:{port}"):
        await client.get("x")
    await client.aclose()
