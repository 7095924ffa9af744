"""Who is in an ad audience: put in by a step, let go by an order; told, and compared every night."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from heimta.journeys.audiences import put, settle, unreachable_ads
from heimta.model.audience import AdAudience, Change, keys_of
from heimta.model.journey import AudienceStep, Send, Wait
from heimta.model.visitor import Identity, VisitorState
from heimta.rules.ad_audiences import night_after, night_before
from heimta.store import audiences, keys
from heimta.worker.effects import ShopContext
from tests.stubs.meta_audience import Fault, error, limited
from tests.worker.conftest import Desk
from tests.worker.shop import CONTEXT, JOURNEY, SHOP, T0, VISITOR, batch, cart, order
from tests.worker.test_owner import LATER
from tests.worker.town import CARTS, OTHERS, Town

DAY = 24 * 3_600_000
ANNA = keys_of(email="anna@example.com", phone="")
BOTH = keys_of(email="anna@example.com", phone="+4917112345678")


def visitor(name: str = VISITOR, *, email: str = "anna@example.com", phone: str = "") -> VisitorState:
    state = VisitorState("demo", name, marketing=True, consented=(T0, "s", 1))
    state.identity = Identity(email=email, phone=phone)
    return state


def test_a_step_puts_in_and_an_order_takes_out() -> None:
    state = visitor(phone="+49 171 12345678")
    put(state, "carts", adds=True, now=T0)
    assert settle(state, at=T0) == [Change("carts", True, T0, BOTH)]
    assert settle(state, at=T0 + 1) == []  # said once
    state.bought_at = T0 + 5
    assert settle(state, at=T0 - 30_000) == [
        Change("carts", False, T0 + 1, BOTH)
    ]  # the edge's clock is behind
    assert state.audiences["carts"].keys == []
    put(state, "carts", adds=True, now=T0 + DAY)  # the next cart
    assert settle(state, at=T0 + DAY) == [Change("carts", True, T0 + DAY, BOTH)]
    put(state, "carts", adds=False, now=T0 + 2 * DAY)
    assert settle(state, at=T0 + 2 * DAY) == [Change("carts", False, T0 + 2 * DAY, BOTH)]


@pytest.mark.parametrize(
    "no",
    [
        {"withdrawn": (T0 + 1, "s", 2), "identity": None},
        {"stopped": (T0 + 1, "s", 2)},
        {"marketing": False},
        {"preview": True},
        {"identity": None},
    ],
    ids=lambda no: next(iter(no)),
)
def test_a_no_takes_out_and_a_later_yes_does_not_bring_back(no: dict[str, Any]) -> None:
    state = visitor()
    put(state, "carts", adds=True, now=T0)
    settle(state, at=T0)
    for name, value in no.items():
        setattr(state, name, value)
    assert settle(state, at=T0 + 2) == [Change("carts", False, T0 + 2, ANNA)]
    if "withdrawn" in no or "stopped" in no:
        state.marketing, state.identity = True, Identity(email="anna@example.com")
        state.consented = (T0 + 9, "s", 9)
        assert settle(state, at=T0 + 9) == []


def test_a_new_address_takes_the_place_of_the_old_one() -> None:
    state = visitor()
    put(state, "carts", adds=True, now=T0)
    settle(state, at=T0)
    state.identity = Identity(email="anna@new.example")
    new = keys_of(email="anna@new.example", phone="")
    assert settle(state, at=T0 + 7) == [Change("carts", False, T0 + 7, ANNA), Change("carts", True, T0, new)]


def test_only_who_said_yes_and_left_an_address_can_be_in() -> None:
    shop = msgspec.structs.replace(SHOP, ad_audiences={"carts": AdAudience()})
    assert unreachable_ads(visitor(), "carts", shop) == ""
    assert unreachable_ads(visitor(email=""), "carts", shop) == "no e-mail or phone"
    assert unreachable_ads(VisitorState("demo", VISITOR), "carts", shop) == "no yes to marketing"
    assert unreachable_ads(visitor(), "nobody", shop) == "no such ad audience"


async def test_a_journeys_step_puts_in_and_the_order_takes_out(desk: Desk) -> None:
    shop = msgspec.structs.replace(SHOP, ad_audiences={"carts": AdAudience()})
    steps = (AudienceStep("ads", "carts"), Wait("day", 1440), Send("remind", "push", "Your cart waits"))
    journey = msgspec.structs.replace(JOURNEY, steps=steps)
    owner = desk.owner()
    owner._contexts["demo"] = ShopContext(shop, CONTEXT.campaigns, {"cart-push": (journey, 1)})
    assert await owner.take_over()
    yes = ("consent_changed", T0 - 5, {"analytics": True, "marketing": True})
    told = ("visitor_identified", T0 - 4, {"email": "anna@example.com"})
    await desk.tell("batch", batch(yes, told, ("cart_updated", T0, {"cart": cart(5000)})), T0)
    await owner.fire_due(now=LATER)
    await audiences.carried(desk.redis, 0, now=LATER)
    [(field, row)] = (await audiences.todo(desk.redis, "demo", 9)).items()
    assert (field, row.belongs) == (f"carts:{ANNA[0]}", True)
    await desk.tell("order", order("o-1", 5000, LATER), LATER)
    await owner.fold()
    await audiences.carried(desk.redis, 0, now=LATER)
    assert await audiences.todo(desk.redis, "demo", 9) == {}


async def test_an_order_that_is_acknowledged_is_told_at_the_next_look(desk: Desk, town: Town) -> None:
    owner, worker = desk.owner(), town.worker()
    assert await owner.take_over()
    yes = ("consent_changed", T0, {"analytics": True, "marketing": True})
    told = ("visitor_identified", T0 + 1, {"email": "anna@example.com"})
    await desk.tell("batch", batch(yes, told), T0)
    state = await desk.state(owner)
    put(state, "carts", adds=True, now=T0 + 2)
    [change] = settle(state, at=T0 + 2)
    await desk.redis.set(keys.visitor(0, "demo", VISITOR), msgspec.msgpack.encode(state))
    await audiences.wish(desk.redis, "demo", [change], now=T0)
    await worker.look()
    assert town.meta.members[CARTS] == set(ANNA)

    await desk.tell("order", order("o-1", 5000, T0 + 60_000), T0 + 60_000)
    await owner.fold()
    assert owner.has_ads
    await worker.carry(0)
    await worker.look()
    assert town.meta.members[CARTS] == set()
    assert [verb for verb, _, _ in town.meta.asked] == ["POST", "DELETE"]
    assert await desk.redis.xlen(keys.ads(0)) == 0


async def test_what_comes_late_or_twice_changes_nothing(town: Town) -> None:
    worker = town.worker()
    await town.wish(*ANNA, at=T0)
    await town.wish(*ANNA, is_in=False, at=T0 + 5)
    await town.wish(*ANNA, at=T0)
    await worker.look()
    assert town.meta.asked == []
    await town.wish(*ANNA, at=T0 + 6)
    await town.wish(*ANNA, is_in=False, at=T0 + 5)
    await worker.look()
    await worker.look()
    assert town.meta.members[CARTS] == set(ANNA)
    assert len(town.meta.asked) == 1


async def test_a_telling_that_was_cut_off_is_said_again(town: Town) -> None:
    town.meta.faults.append(Fault(500, "", taken=True))  # it was taken, and nobody was told
    await town.wish(*ANNA)
    await town.worker().look()
    assert (await audiences.run(town.redis, "demo"))["fault"] == "http_500"
    town.clock.now += 5_000
    await town.worker().look()
    assert town.meta.members[CARTS] == set(ANNA)
    assert await audiences.todo(town.redis, "demo", 10) == {}
    assert (await audiences.run(town.redis, "demo"))["fault"] == ""


async def test_a_limit_is_waited_out(town: Town) -> None:
    town.meta.faults.append(limited(7))
    await town.wish(*ANNA)
    worker = town.worker()
    await worker.look()
    town.clock.now += 7 * 60_000 - 1
    await worker.look()
    assert len(town.meta.asked) == 1
    town.clock.now += 1
    await worker.look()
    assert town.meta.members[CARTS] == set(ANNA)


async def test_a_token_that_ran_out_loses_nothing(town: Town) -> None:
    worker = town.worker()
    await town.wish(*ANNA)
    await worker.look()
    town.meta.faults += [error(190)]
    await town.wish(*ANNA, is_in=False, at=T0 + 9)
    await worker.look()
    assert (await audiences.run(town.redis, "demo"))["fault"] == "token"
    town.clock.now += 15 * 60_000
    await worker.look()
    assert town.meta.members[CARTS] == set()


async def test_what_is_wrong_with_one_ad_audience_holds_up_no_other(town: Town) -> None:
    del town.meta.members[CARTS]  # deleted at Meta
    worker = town.worker()
    await town.wish(*ANNA, at=T0 - 1)
    await town.wish(*keys_of(email="bo@example.com", phone=""), audience="others")
    await worker.look()
    assert town.meta.members[OTHERS] == set(keys_of(email="bo@example.com", phone=""))
    faults = audiences.faults(await audiences.run(town.redis, "demo"))
    assert faults == {"carts": ("no_such_audience", T0 + 15 * 60_000)}
    assert worker.figures.refused == {("demo", "no_such_audience"): 1}

    await town.wish(*keys_of(email="bo@example.com", phone=""), audience="others", is_in=False, at=T0 + 1)
    town.clock.now += 1
    await worker.look()
    assert town.meta.members[OTHERS] == set()
    assert worker.figures.told == {("demo", "others", "in"): 1, ("demo", "others", "out"): 1}
    assert worker.figures.waiting == {"demo": 2} and worker.figures.waiting_ms == {"demo": 1}

    town.meta.members[CARTS] = set()
    town.clock.now += 15 * 60_000
    await worker.look()
    assert town.meta.members[CARTS] == set(ANNA)
    assert audiences.faults(await audiences.run(town.redis, "demo")) == {}
    await worker.look()
    assert worker.figures.waiting == {"demo": 0} and worker.figures.waiting_ms == {"demo": 0}


async def test_what_is_held_up_does_not_fill_the_page_that_others_stand_on(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heimta.worker.audiences.PER_LOOK", 3)
    del town.meta.members[CARTS]
    worker = town.worker()
    await town.wish(*[f"e{number:064x}" for number in range(9)], at=T0 - 1)
    await worker.look()
    town.clock.now += 1
    await town.wish(*ANNA, audience="others")
    await worker.look()
    assert town.meta.members[OTHERS] == set(ANNA)


async def test_a_change_that_is_wished_again_keeps_its_age(town: Town) -> None:
    await town.wish(*ANNA)
    town.clock.now += 60_000
    await town.wish(*ANNA, at=T0 + 1)
    assert await audiences.backlog(town.redis, "demo") == (1, T0)


async def test_one_worker_tells_for_a_shop(town: Town) -> None:
    await town.worker("one").look()
    await town.wish(*ANNA)
    await town.worker("two").look()
    assert town.meta.asked == []
    await town.worker("one").look()
    assert town.meta.members[CARTS] == set(ANNA)


async def test_people_in_other_remarketing_are_not_taken_in(town: Town) -> None:
    worker = town.worker()
    await town.wish(*ANNA, audience="others", at=T0 - 5)
    phone = keys_of(email="", phone="+4917112345678")
    await audiences.exclude(town.redis, "demo", phone)
    await town.wish(*ANNA, at=T0)
    change = Change("carts", True, T0, keys_of(email="bo@example.com", phone="+4917112345678"))
    await audiences.wish(town.redis, "demo", [change], now=T0)
    await worker.look()
    assert town.meta.members == {CARTS: set(), OTHERS: set(ANNA)}
    assert await audiences.todo(town.redis, "demo", 10) == {}

    # She left the other one, and the list was shortened: the next comparison takes both in.
    await town.wish(*ANNA, audience="others", is_in=False, at=T0 + 1)
    await audiences.exclude(town.redis, "demo", phone, takes_back=True)
    anna, bo = visitor(), visitor("b" * 22, email="bo@example.com", phone="+4917112345678")
    for state in (anna, bo):
        put(state, "carts", adds=True, now=T0)
    await town.keep(anna, bo)
    await town.compare(worker)
    assert town.meta.members == {CARTS: {*ANNA, *change.keys}, OTHERS: set()}


async def test_the_nightly_comparison_finds_who_is_missing_and_who_should_be_gone(town: Town) -> None:
    worker, crowd = town.worker(), [f"v{number:021d}" for number in range(200)]
    states = [visitor(name, email=f"{name}@example.com") for name in crowd]
    for state in states:
        put(state, "carts", adds=True, now=T0 - 2 * DAY)
    put(states[0], "carts", adds=False, now=T0 - DAY)
    put(states[1], "carts", adds=True, now=T0)
    await town.keep(*states)
    own = [keys_of(email=f"{name}@example.com", phone="")[0] for name in crowd]
    await town.wish(
        *own[:150], *ANNA, at=T0 - 2 * DAY
    )  # 49 were never told of, one should be out, one is nobody
    run = await town.compare(worker)
    assert town.meta.members[CARTS] == set(own[1:])
    assert run["drift"] == str(2 + 50)
    assert (await town.compare(worker))["drift"] == "0"

    town.clock.now = T0 + 9 * DAY  # ten days after the step, but for one
    run = await town.compare(worker)
    assert town.meta.members[CARTS] == {own[1]}
    assert (run["drift"], run["expired"]) == ("0", str(len(own) - 2))


async def test_a_comparison_that_was_cut_off_goes_on(town: Town) -> None:
    state = visitor()
    put(state, "carts", adds=True, now=T0)
    await town.keep(state)
    await audiences.note(town.redis, "demo", {"asked": T0 + 1})
    town.clock.now += 2
    for turn in range(10):  # each look is another worker's, as if every one died after it
        town.clock.now += audiences.LEASE_MS + 1
        await town.redis.delete(keys.shop_ads("demo", "lease"))
        await town.worker(f"w{turn}").look()
    assert town.meta.members[CARTS] == set(ANNA)
    run = await audiences.run(town.redis, "demo")
    assert int(run["done"]) > int(run["started"]) > T0 and run["drift"] == "1"
    assert not await town.redis.exists(keys.shop_ads("demo", "seen"))


async def test_who_is_erased_is_let_go_and_leaves_no_row(town: Town) -> None:
    worker = town.worker()
    await town.wish(*ANNA)
    await worker.look()
    await audiences.forget(town.redis, "demo", ANNA, audiences=["carts", "others"], now=T0 + 5)
    await worker.look()
    assert town.meta.members[CARTS] == set()
    assert await town.redis.hlen(keys.shop_ads("demo")) == 0


def test_night_is_by_the_shops_clock() -> None:
    noon = 1_774_778_400_000  # 2026-03-29 10:00 UTC; in Berlin clocks went forward that night
    assert night_before(noon, "UTC") == 1_774_753_200_000  # 03:00 UTC
    assert night_before(noon, "Europe/Berlin") == 1_774_746_000_000  # 03:00 CEST
    assert night_before(1_774_746_000_000 - 1, "Europe/Berlin") == 1_774_746_000_000 - 23 * 3_600_000
    assert night_after(1_774_746_000_000 - 1, "Europe/Berlin") == 1_774_746_000_000
    assert night_after(noon, "Europe/Berlin") == 1_774_746_000_000 + DAY
