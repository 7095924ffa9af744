"""The end of a shop: afterwards nothing in the store has its name, and the others' is as it was."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest

from heimta.channels.webpush import WebPush
from heimta.ingest.commit import Unavailable
from heimta.ingest.entry import Entry
from heimta.model.message import Message
from heimta.model.sample import Sample
from heimta.model.visitor import VisitorState
from heimta.store import deletion, documents, keys, partitions, samples, secrets
from heimta.store.connect import Client, connect, text
from heimta.store.deletion import Deleted
from heimta.store.erase import StillThere
from heimta.store.log import Log
from heimta.store.partition import Dead, PartitionStore, Write
from heimta.store.secrets import Secrets
from heimta.worker.app import create_app
from heimta.worker.carriers.all import all_carriers
from heimta.worker.loop import Worker
from tests.edge.conftest import Asker, dist, edge
from tests.store.test_erase import everything
from tests.worker.shop import CAMPAIGN, JOURNEY, SHOP, T0, VISITOR, batch, cart

__all__ = ["dist", "edge"]

PARTITIONS = 4  # as the edge of these tests has them
GIVEN: dict[str, Any] = {"partition": 3, "partitions": PARTITIONS, "day": "20261123", "part": ""}


async def no_pause(seconds: float) -> None:
    return None


async def delete(redis: Client, shop: str, **given: Any) -> Deleted:
    return await deletion.delete(redis, shop, settle_s=0.0, **{"pause": no_pause, **given})


def own_keys(shop: str) -> list[str]:
    """One of each kind that keys.py makes for a shop."""
    made = []
    for name, make in inspect.getmembers(keys, inspect.isfunction):
        asked = inspect.signature(make).parameters
        if "shop" in asked and name != "partition_of":
            made.append(make(**{each: GIVEN.get(each, "x") for each in asked} | {"shop": shop}))
    return made


async def fill(redis: Client, shop: str) -> None:
    """Of everything that is kept of a shop, some."""
    for key in own_keys(shop):
        await redis.set(key, "1")
    await redis.unlink(keys.documents(shop), keys.older(shop), keys.revision(shop), keys.secrets(shop))
    await secrets.create(redis, shop, Secrets("w" * 43, "s" * 43, "", ""))
    for document in (SHOP, CAMPAIGN, JOURNEY):
        field = "id" if document is SHOP else "shop"
        await documents.put(redis, msgspec.structs.replace(document, **{field: shop}), now=T0)
    await samples.ask(redis, Sample("s1", shop, "j", "s", "me@example.com"))
    await redis.hset(keys.swept(1), shop, "mark")
    store = PartitionStore(redis, 1, shop)
    assert await store.acquire() is not None
    message = Message("m" * 22, shop, VISITOR, "j", "s", "push", "c", T0)
    await store.write(
        Write(
            states={(shop, f"v{n}"): b"x" for n in range(700)},
            due={(shop, f"v{n}"): T0 + n for n in range(700)},
            counts={(shop, "20261123"): {"3:orders": 1}},
            outbox={f"m-{shop}": msgspec.json.encode(message)},
            relays=[(shop, b"{}")],
            ads=[(shop, b"{}")],
            log=[(shop, "delivery", T0, b"{}")] * 700,
            dead=[Dead(shop, "batch", T0, b"{}", "", "1-0", "broken", 1)],
        ),
        expected=await store.checkpoint(),
    )
    await store.release()


async def test_nothing_with_the_shops_name_is_left_and_others_keep_all(redis: Client) -> None:
    await partitions.settle(redis, PARTITIONS)
    await fill(redis, "stays")
    before = await everything(redis)
    await fill(redis, "leaves")
    assert (await everything(redis)).count(b"leaves") > 1000
    done = await delete(redis, "leaves")
    after = await everything(redis)
    assert b"leaves" not in after and done.kinds["v"] == 701 and done.parts > 1400
    ours = {line for line in before.splitlines() if b"stays" in line}
    theirs = {line for line in after.splitlines() if b"stays" in line}
    assert ours == theirs and await documents.shops(redis) == ["stays"]


async def test_one_that_was_killed_on_the_way_is_gone_on_with(redis: Client) -> None:
    await fill(redis, "leaves")

    def dies(done: Deleted) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await delete(redis, "leaves", going=dies)
    assert await deletion.begun(redis) == ["leaves"] and await secrets.read(redis, "leaves") is None
    await delete(redis, "leaves")
    assert await deletion.begun(redis) == [] and b"leaves" not in await everything(redis)


async def test_what_is_written_meanwhile_goes_too_and_what_never_ends_is_told(redis: Client) -> None:
    late = iter((keys.proof(2, "leaves", VISITOR), keys.pool("leaves", "p"), keys.ads(0), ""))

    async def writes(seconds: float) -> None:
        key = next(late, "")
        if key == keys.ads(0):
            await redis.xadd(key, {"s": "leaves", "d": "{}"})
        elif key:
            await redis.set(key, "x")

    assert (await delete(redis, "leaves", pause=writes)).found == 3
    assert b"leaves" not in await everything(redis)

    async def goes_on(seconds: float) -> None:
        await redis.sadd(keys.SHOPS, "leaves")

    with pytest.raises(StillThere, match="'leaves' is still being written"):
        await delete(redis, "leaves", pause=goes_on)
    assert await deletion.begun(redis) == ["leaves"]


async def test_a_store_that_lost_everything_does_not_say_that_a_shop_was_deleted(redis: Client) -> None:
    assert await deletion.gone(redis, ["demo"], []) == set()
    await partitions.settle(redis, PARTITIONS)
    assert await deletion.gone(redis, ["demo"], []) == {"demo"}
    assert await deletion.gone(redis, ["demo"], ["demo"]) == set()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
async def worker(redis: Client, store_url: str, edge: Asker) -> AsyncIterator[Worker]:
    await documents.put(redis, msgspec.structs.replace(SHOP, id="stays"), now=T0)
    await secrets.create(redis, "stays", Secrets("w" * 43, "s" * 43, "", ""))
    own, carriers = connect(store_url), all_carriers(WebPush())
    made = Worker(own, carriers, partitions=PARTITIONS, edge_url="https://edge.example", clock=now_ms)

    async def nothing() -> None:
        return None

    app = create_app(made, probe=nothing, close=own.aclose)
    async with app.router.lifespan_context(app):
        yield made


def entry(home: int, shop: str) -> Entry:
    return Entry(home, shop, "batch", now_ms(), batch(("cart_updated", now_ms(), {"cart": cart(5000)})))


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while not await holds():
            await asyncio.sleep(0.02)


async def test_it_ends_while_shoppers_are_in_the_shop(
    redis: Client, edge: Asker, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The edge and the worker let go of it, whatever is in their hands; the other shop goes on."""
    edge.now = now_ms()
    answers: list[int] = []
    is_over = False

    async def visits() -> None:
        number = 0
        while not is_over:
            number += 1
            visitor = f"{number:022d}"
            told = batch(("cart_updated", now_ms(), {"cart": cart(5000)}), vid=visitor)
            try:
                answers.append((await edge.post("/s/demo", told)).status_code)
            except Unavailable:
                continue
            await asyncio.sleep(0.01)

    crowd = asyncio.create_task(visits())
    seen = keys.visitor(keys.partition_of("demo", f"{1:022d}", PARTITIONS), "demo", f"{1:022d}")
    await until(lambda: redis.exists(seen))
    done = await deletion.delete(redis, "demo", settle_s=2.0)
    is_over = True
    await crowd
    assert done.kinds["v"] > 0 and set(answers) == {200, 404} and answers[-1] == 404
    left = await everything(redis)
    assert b"demo" not in left and all(not count for count in worker.figures.dead.values())
    for path in ("/s/{}.js", "/s/{}.json"):
        mine, unknown = [await edge.http.get(path.format(name)) for name in ("demo", "nobody")]
        assert (mine.status_code, dict(mine.headers).keys()) == (404, dict(unknown.headers).keys())
        assert mine.text.replace("demo", "nobody") == unknown.text
    home = keys.partition_of("stays", VISITOR, PARTITIONS)
    told = entry(home, "stays")
    await Log(redis).append([told])
    await until(lambda: redis.exists(keys.visitor(home, "stays", VISITOR)))


async def test_what_comes_late_is_passed_over_and_the_name_is_free_again(
    redis: Client, edge: Asker, worker: Worker
) -> None:
    """From an edge that slept: nothing is kept of it, among the dead letters neither."""
    await deletion.delete(redis, "demo", settle_s=0.1)
    home = keys.partition_of("demo", VISITOR, PARTITIONS)
    late = entry(home, "demo")
    await Log(redis).append([late])
    state = VisitorState("demo", VISITOR, next_due=T0)
    await redis.set(keys.visitor(home, "demo", VISITOR), msgspec.msgpack.encode(state))
    await redis.zadd(keys.due(home), {f"demo:{VISITOR}": T0})
    await until(lambda: _is_empty(redis, home))
    assert not await redis.exists(keys.dead(home))
    await secrets.create(redis, "demo", Secrets("w" * 43, "s" * 43, "", ""))
    await documents.put(redis, SHOP, now=T0)

    async def is_folded() -> bool:
        await Log(redis).append([late])
        return bool(await redis.exists(keys.rollup(home, "demo", time.strftime("%Y%m%d", time.gmtime()))))

    await until(is_folded)
    await edge.shops.refresh()
    assert edge.shops.get("demo") is not None


async def _is_empty(redis: Client, partition: int) -> bool:
    last = await PartitionStore(redis, partition, "").last_id()
    at = await redis.get(keys.checkpoint(partition))
    return last == text(at or b"") and not await redis.zcard(keys.due(partition))
