"""A backup taken while a worker folds leads to the same states, to the byte; and nothing is sent twice."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from heimta.channels.result import SENT
from heimta.launch.valkey import embedded
from heimta.store import keys, revive, snapshot
from heimta.store.connect import Client, connect
from heimta.store.log import Log
from tests.worker.conftest import Desk
from tests.worker.shop import MINUTE, T0, batch, cart, outcomes
from tests.worker.test_owner import LATER
from tests.worker.test_send import Channel, due, send


@pytest.fixture
async def other() -> AsyncIterator[Desk]:
    """Another store, to restore into."""
    with tempfile.TemporaryDirectory(prefix="hv") as folder, embedded(Path(folder)) as url:
        client = connect(url)
        yield Desk(client, Log(client))
        await client.aclose()


async def copy(source: Client) -> list[snapshot.Held]:
    """What `heimta backup` takes of one partition."""
    held = await snapshot.partition(source, 0)
    place = snapshot.position(held, 0)
    first = await snapshot.first_after(source, 0, place)
    return held + [part async for part in snapshot.log(source, 0, place, first)]


async def test_a_copy_taken_while_a_worker_folds_leads_to_the_same_bytes(desk: Desk, other: Desk) -> None:
    owner, copies = desk.owner(), []
    assert await owner.take_over()

    async def browse() -> None:
        for n in range(300):
            event = ("cart_updated", T0 + n, {"cart": cart(1000 + n, cart_id=f"{n % 40:011d}")})
            vid, src = f"{n % 40:022d}", f"{n:011d}"
            await desk.tell("batch", batch(event, vid=vid, src=src), T0 + n)

    async def fold() -> None:
        while not browsing.done():  # not cancelled: before Python 3.12 redis-py may not notice
            await owner.fold()
            await asyncio.sleep(0.005)

    browsing = asyncio.create_task(browse())
    folding = asyncio.create_task(fold())
    while not browsing.done():
        copies.append(await copy(desk.redis))
    await browsing
    await folding
    copies.append(await copy(desk.redis))
    midway = [snapshot.position(held, 0) for held in copies]
    assert len(set(midway)) > 3, "the worker stood still: this test proves nothing"

    await desk.state(owner, "0" * 22)  # folds to the end
    wanted, last = await desk.everything(), await desk.redis.xrevrange(keys.log(0), count=1)
    for held in copies[:: max(1, len(copies) // 5)]:
        await other.redis.flushall()
        await revive.put(other.redis, held)
        # The copy goes on with what was logged later, so that both stores end with the same events.
        newest = b"0"
        if await other.redis.exists(keys.log(0)):
            newest = (await other.redis.xinfo_stream(keys.log(0)))["last-generated-id"]
        missing = await desk.redis.xrange(keys.log(0), min=f"({newest.decode()}")
        for entry_id, fields in missing:
            await other.redis.xadd(keys.log(0), dict(fields), id=entry_id)
        successor = other.owner("two")
        assert await successor.take_over()
        await other.state(successor, "0" * 22)
        assert await other.everything() == wanted
        assert await other.redis.get(keys.checkpoint(0)) == last[0][0]


async def test_a_step_that_was_sent_before_the_backup_is_not_sent_again(desk: Desk, other: Desk) -> None:
    owner, channel = await due(desk), Channel(SENT)
    await send(desk, owner, channel)
    sent = outcomes(await desk.state(owner))
    assert list(sent.values()) == ["sent"] and len(channel.sent) == 1
    await revive.put(other.redis, await copy(desk.redis))
    successor = other.owner("two")
    assert await successor.take_over()
    for later in range(3):
        await successor.fire_due(now=LATER + later * 24 * 60 * MINUTE)
    assert not successor.outbox
    assert outcomes(await other.state(successor)) == sent
