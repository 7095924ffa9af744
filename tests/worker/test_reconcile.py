"""The nightly comparison of ad audiences where it is cut off, and where what is compared may move."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest
from redis.exceptions import ConnectionError as Away

from heimta.journeys.audiences import put
from heimta.model.audience import keys_of
from heimta.store import audiences, keys
from heimta.store.connect import Client
from heimta.worker.reconcile import KEEP_MS, Reconciler
from tests.worker.shop import T0
from tests.worker.test_audiences import ANNA, visitor
from tests.worker.town import CARTS, Town


@pytest.mark.parametrize("looks", [["a", "b", "b"], ["a", "a", "b", "b"]], ids=["before", "meanwhile"])
async def test_a_comparison_begins_anew_when_slots_have_moved(
    town: Town, monkeypatch: pytest.MonkeyPatch, looks: list[str]
) -> None:
    """Else whoever was met by neither server would be taken out of their ad audiences."""
    told = iter(looks)

    async def layout(redis: Client) -> str:
        return next(told, "b")

    monkeypatch.setattr("heimta.worker.reconcile.layout", layout)
    shop, reconciler = town.shops["demo"].shop, Reconciler(town.redis, "one")
    run: dict[str, str] = {}
    walks = []
    while not walks or walks[-1][0] == "states":
        await reconciler.step(shop, run, now=T0)
        run = await audiences.run(town.redis, "demo")
        walks.append((run["walk"], run["node"], run["cursor"], run["server"].split()[1]))
    assert walks[:2] == [("states", "0", "0", "a"), ("states", "0", "0", "b")]
    assert walks[-1][0] == "table"


async def under_way(town: Town) -> None:
    """Anna is in, by her state and by the table, and a comparison has walked all states."""
    state = visitor()
    put(state, "carts", adds=True, now=T0 - 9)
    await town.keep(state)
    await town.wish(*ANNA, at=T0 - 9)
    await audiences.note(town.redis, "demo", {"asked": T0 + 1})
    town.clock.now += 2
    while (await audiences.run(town.redis, "demo")).get("walk") != "table":
        await town.worker().look()
    assert town.meta.members[CARTS] == set(ANNA)


async def end(town: Town) -> dict[str, str]:
    """What the comparison comes to, in the hands of the next worker."""
    for _ in range(9):
        await town.worker().look()
    run = await audiences.run(town.redis, "demo")
    assert int(run["done"]) >= int(run["started"]) > T0
    assert not await town.redis.exists(keys.shop_ads("demo", "seen"))
    return run


async def test_a_comparison_that_dies_at_its_end_lets_nobody_go(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await under_way(town)
    note = audiences.note

    async def breaks(redis: Client, shop: str, said: Mapping[str, str | int]) -> None:
        if "done" in said:
            raise Away
        await note(redis, shop, said)

    with monkeypatch.context() as patch:
        patch.setattr(audiences, "note", breaks)
        with pytest.raises(Away):
            await town.worker().look()
    assert (await end(town))["drift"] == "0"
    assert town.meta.members[CARTS] == set(ANNA)


@pytest.mark.parametrize("left", [{}, {"run": "1"}], ids=["run out", "another run's"])
async def test_a_comparison_that_has_lost_who_it_saw_begins_anew(town: Town, left: dict[str, str]) -> None:
    await under_way(town)
    started = (await audiences.run(town.redis, "demo"))["started"]
    await audiences.forget_seen(town.redis, "demo")
    await audiences.see(town.redis, "demo", left)
    town.clock.now += 1
    run = await end(town)
    assert int(run["started"]) > int(started) and run["drift"] == "0"
    assert town.meta.members[CARTS] == set(ANNA)


async def test_a_comparison_keeps_its_lease_and_ends_where_another_worker_has_it(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audiences, "CHUNK", 1)
    await under_way(town)
    people = [f"e{number:064x}" for number in range(3)]
    await town.wish(*people, at=T0 - 9)  # nobody, by the states
    shop, run = town.shops["demo"].shop, await audiences.run(town.redis, "demo")
    lease, wish, taken = keys.shop_ads("demo", "lease"), audiences.wish, 0

    async def loses(*args: object, **options: object) -> int:
        nonlocal taken
        changed = await wish(*args, **options)  # type: ignore[arg-type]
        taken += changed
        if changed:
            await town.redis.set(lease, "two")
        return changed

    await town.redis.pexpire(lease, 1)
    monkeypatch.setattr(audiences, "wish", loses)
    await Reconciler(town.redis, "one").step(shop, run, now=T0 + 9)
    assert taken == 1 and await town.redis.get(lease) == b"two"
    assert await audiences.run(town.redis, "demo") == run

    await town.redis.set(lease, "one", px=5)
    monkeypatch.setattr(audiences, "wish", wish)
    await Reconciler(town.redis, "one").step(shop, run, now=T0 + 9)
    assert await town.redis.pttl(lease) > audiences.LEASE_MS / 2
    assert (await audiences.run(town.redis, "demo"))["drift"] == "2"


@pytest.mark.parametrize("why", ["", audiences.EXCLUDED])
async def test_what_was_read_of_somebody_before_they_were_erased_brings_no_row_back(
    town: Town, why: str
) -> None:
    fields = [f"carts:{key}" for key in ANNA]
    await town.wish(*ANNA, at=T0)
    await town.worker().look()
    await audiences.forget(town.redis, "demo", ANNA, audiences=["carts", "others"], now=T0 + 5)
    await audiences.hold(town.redis, "demo", fields, why, now=T0 + 6)
    await town.wish(*ANNA, at=T0 + 1)
    await town.worker().look()
    assert town.meta.members[CARTS] == set()
    await audiences.hold(town.redis, "demo", fields, why, now=T0 + 7)
    assert await town.redis.hlen(keys.shop_ads("demo")) == 0


async def test_who_is_wished_in_while_their_old_row_is_dropped_stays_in(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = keys_of(email="bo@example.com", phone="")
    await town.wish(*ANNA, *new, is_in=False, at=T0 - KEEP_MS)
    hold = audiences.hold

    async def comes(*args: object, **options: object) -> None:
        await hold(*args, **options)  # type: ignore[arg-type]
        await town.wish(*new, at=T0)

    await under_way(town)
    monkeypatch.setattr(audiences, "hold", comes)
    await end(town)
    rows = await audiences.rows(town.redis, "demo", [f"carts:{key}" for key in (*ANNA, *new)])
    assert rows[f"carts:{new[0]}"].since == T0
    assert town.meta.members[CARTS] == {*ANNA, *new}


@pytest.mark.parametrize(("ago_s", "found"), [(60, ("1", "0")), (keys.STATE_TTL_S, ("0", "1"))])
async def test_who_was_forgotten_while_their_days_went_on_is_let_go_and_told_wrongly_of_nobody(
    town: Town, ago_s: int, found: tuple[str, str]
) -> None:
    """A state lasts 90 days, an ad audience's days may be 180."""
    document = msgspec.structs.replace(town.shops["demo"].shop.ad_audiences["carts"], days=180)
    shop = msgspec.structs.replace(town.shops["demo"].shop, ad_audiences={"carts": document})
    await town.wish(*ANNA, at=T0 - ago_s * 1000)
    reconciler, run = Reconciler(town.redis, "one"), {"walk": "states"}
    assert await audiences.lease(town.redis, "demo", "one")
    await reconciler.step(shop, {}, now=T0)
    while run.get("walk"):
        run = await audiences.run(town.redis, "demo")
        if run["walk"]:
            await reconciler.step(shop, run, now=T0)
    assert (run["drift"], run["expired"]) == found
    assert not any(row.is_wanted for row in [row async for _, row in audiences.table(town.redis, "demo")])
