"""The step machine's own rules: priority, re-entry, ends, waits for facts, days. On a virtual clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from heimta.journeys.calendar import anniversary, days_after
from heimta.journeys.moments import remember
from heimta.journeys.program import row_of
from heimta.model.condition import Condition
from heimta.model.journey import Branch, End, Exit, Journey, Send, Step, Trigger, Wait, WaitFor, Word
from heimta.model.visitor import KEEP_MOMENTS, VisitorState
from heimta.worker.effects import ShopContext
from tests.journeys.conftest import Hire
from tests.journeys.shopper import DAY, HOUR, MINUTE


def push(name: str, **more: Any) -> Send:
    return Send(name, "push", name, **more)


def journey(name: str, trigger: Word | Trigger, *steps: Step, **more: Any) -> Journey:
    made = Journey(name, "demo", name, trigger, steps or (push(name),), live=True, holdout_pct=0)
    return msgspec.structs.replace(made, **more)


async def test_of_two_about_the_same_the_one_that_matters_more_runs(hire: Hire) -> None:
    small = journey("small", "cart_abandoned", push("one"), Wait("w", 30), push("two"))
    large = journey("large", Trigger("cart_abandoned", after_min=50), priority=200)
    other = journey("other", Trigger("cart_abandoned", after_min=400), topic="offers")
    shopper = await hire(small, large, other)
    await shopper.tells_everything()
    await shopper.fills_cart()
    await shopper.wait(DAY)
    state = await shopper.state()
    assert {name: each.ended for name, each in state.enrollments.items()} == {
        "small": "outranked",
        "large": "done",
        "other": "done",
    }
    assert {one.step for one in shopper.sent} == {"one", "large", "other"}


async def test_while_one_runs_a_lesser_one_does_not_begin(hire: Hire) -> None:
    large = journey(
        "large", Trigger("cart_abandoned", after_min=10), push("a"), Wait("w", 600), push("b"), priority=200
    )
    small = journey("small", "cart_abandoned")
    shopper = await hire(large, small)
    await shopper.tells_everything()
    await shopper.fills_cart()
    await shopper.wait(DAY)
    assert "small" not in (await shopper.state()).enrollments


@pytest.mark.parametrize(("again_h", "times"), [(0, 3), (30, 2), (None, 1)])
async def test_how_soon_it_begins_again(hire: Hire, again_h: float | None, times: int) -> None:
    looked = journey("looked", Trigger("event", event="product_viewed"), again_h=again_h)
    shopper = await hire(looked)
    await shopper.tells_everything()
    for _ in range(3):
        await shopper.does(("product_viewed", {"sku": "hat-1"}))
        await shopper.wait(DAY)
    assert len(shopper.sent) == times


async def test_once_for_ever_holds_for_what_another_journey_cut_short(hire: Hire) -> None:
    looked = Trigger("event", event="product_viewed")
    small = journey("small", looked, push("one"), Wait("w", 600), push("two"), again_h=None)
    large = journey("large", Trigger("event", event="checkout_started"), priority=200)
    shopper = await hire(small, large)
    await shopper.tells_everything()
    await shopper.does(("product_viewed", {"sku": "hat-1"}))
    await shopper.wait(2 * HOUR)
    await shopper.does(("checkout_started", {}))
    await shopper.wait(DAY)
    await shopper.does(("product_viewed", {"sku": "hat-1"}))
    await shopper.wait(2 * DAY)
    assert [step for step, _ in shopper.told()] == ["one", "large"]


async def test_a_wait_ends_with_the_fact_it_waits_for_or_with_its_time(hire: Hire) -> None:
    wait = WaitFor("w", Condition(came_back=True), 120, then=(push("there"),), otherwise=(push("gone"),))
    shopper = await hire(
        journey("wait", Trigger("event", event="product_viewed"), wait, push("last"), again_h=None)
    )
    await shopper.tells_everything()
    await shopper.does(("product_viewed", {"sku": "hat-1"}))
    await shopper.wait(HOUR)
    await shopper.does(("page_viewed", {}))
    await shopper.wait(DAY)
    assert [one.step for one in shopper.sent] == ["there", "last"]
    assert shopper.told()[0] == ("there", HOUR)


@pytest.mark.parametrize("ends_on", [("came_back",), ()])
async def test_who_goes_on_with_the_visit_in_which_it_began_has_not_come_back(
    hire: Hire, ends_on: tuple[End, ...]
) -> None:
    back = Condition(came_back=True)
    asks = Branch("b", back, then=(push("back"),), otherwise=(push("away"),))
    told = journey("told", Trigger("event", event="product_viewed"), Wait("w", 60), asks, ends_on=ends_on)
    shopper = await hire(msgspec.structs.replace(told, again_h=None))
    await shopper.tells_everything()
    await shopper.does(("product_viewed", {"sku": "hat-1"}))
    await shopper.wait(MINUTE)
    await shopper.does(("page_viewed", {}))
    await shopper.wait(DAY)
    assert [step for step, _ in shopper.told()] == ["away"]


async def test_who_stays_after_a_sign_of_leaving_has_come_back(hire: Hire) -> None:
    leaves = Trigger("event", event="exit_intended")
    shopper = await hire(journey("left", leaves, Wait("w", 60), push("left"), ends_on=("came_back",)))
    await shopper.tells_everything()
    await shopper.does(("exit_intended", {"device": "pointer", "score": 0.9}))
    await shopper.wait(MINUTE)
    await shopper.does(("page_viewed", {}))
    await shopper.wait(DAY)
    assert shopper.told() == []


async def test_when_nothing_comes_the_wait_ends_with_its_time(hire: Hire) -> None:
    wait = WaitFor("w", Condition(came_back=True), 120, then=(push("there"),), otherwise=(push("gone"),))
    shopper = await hire(journey("wait", Trigger("event", event="product_viewed"), wait))
    await shopper.tells_everything()
    await shopper.does(("product_viewed", {"sku": "hat-1"}))
    await shopper.wait(DAY)
    assert shopper.told() == [("gone", 2 * HOUR)]


@pytest.mark.parametrize(
    ("changes", "ended"),
    [
        ({"ends_on": ("came_back",)}, "came back"),
        ({"ends_on": ("cart_filled",)}, "cart filled"),
        ({"ends_if": Condition(holds=("hat-*",))}, "condition"),
        ({"ends_on": ()}, "done"),
    ],
)
async def test_what_ends_it_ends_it_before_the_next_step(
    hire: Hire, changes: dict[str, Any], ended: str
) -> None:
    steps = (push("one"), Wait("w", 120), push("two"))
    shopper = await hire(journey("look", Trigger("event", event="product_viewed"), *steps, **changes))
    await shopper.tells_everything()
    await shopper.does(("product_viewed", {"sku": "hat-1"}))
    await shopper.wait(HOUR)
    await shopper.fills_cart()
    await shopper.wait(DAY)
    assert (await shopper.state()).enrollments["look"].ended == ended
    assert len(shopper.sent) == (2 if ended == "done" else 1)


async def test_an_order_ends_what_is_deferred_and_what_is_about_no_cart(hire: Hire) -> None:
    steps = (push("one"), Wait("w", 120), push("two"))
    shopper = await hire(journey("look", Trigger("event", event="product_viewed"), *steps))
    await shopper.tells_everything()
    await shopper.does(("product_viewed", {"sku": "hat-1"}))
    await shopper.wait(HOUR)
    await shopper.orders()
    await shopper.wait(DAY)
    assert [one.step for one in shopper.sent] == ["one"]


async def test_a_segment_begins_when_it_is_entered_and_again_when_it_is_entered_again(hire: Hire) -> None:
    loyal = journey("loyal", Trigger("segment", segment=Condition(min_orders=2)), ends_on=())
    big = journey("big", Trigger("segment", segment=Condition(holds=("hat-*",))), topic="offers", ends_on=())
    shopper = await hire(loyal, big)
    await shopper.tells_everything()
    for name in ("1", "2", "3"):
        await shopper.orders(name)
        await shopper.wait(DAY)
    for lines in (1, 0, 1):
        await shopper.fills_cart(lines=lines, cart_id="z" * 11) if lines else await shopper.empties("z" * 11)
        await shopper.wait(DAY)
    assert [one.step for one in shopper.sent] == ["loyal", "big", "big"]
    assert shopper.told()[0] == ("loyal", DAY)


async def test_a_day_is_by_the_clock_on_the_shops_wall(hire: Hire) -> None:
    shopper = await hire(journey("sale", Trigger("date", day="2025-11-28T09:00")))
    await shopper.tells_everything()
    await shopper.wait(30 * DAY)
    [one] = shopper.sent
    assert datetime.fromtimestamp(one.at / 1000, ZoneInfo("UTC")).isoformat() == "2025-11-28T09:00:00+00:00"


async def test_a_day_that_is_over_begins_nothing(hire: Hire) -> None:
    shopper = await hire(journey("sale", Trigger("date", day="2025-11-20T09:00")))
    await shopper.tells_everything()
    await shopper.wait(DAY)
    assert shopper.told() == []


async def test_a_holdout_is_counted_and_told_nothing(hire: Hire) -> None:
    held = journey("held", "cart_abandoned", holdout_pct=100)
    shopper = await hire(held)
    await shopper.tells_everything()
    await shopper.fills_cart()
    await shopper.wait(DAY)
    state = await shopper.state()
    assert shopper.told() == [] and state.exposures["j.held"].arm == "holdout"


def test_a_row_leads_where_the_document_says() -> None:
    twice = Branch("c", Condition(min_orders=2), then=(push("v"),))
    steps = (
        Branch("b", Condition(min_orders=1), then=(push("x"), Exit("e")), otherwise=(push("y"),)),
        WaitFor("w", Condition(came_back=True), 5, then=(twice,)),
        push("z"),
    )
    row = row_of(journey("j", "cart_abandoned", *steps))
    assert [(op.step.id, op.then, op.otherwise) for op in row] == [
        ("b", 1, 3),
        ("x", 2, 2),
        ("e", 4, 4),
        ("y", 4, 4),
        ("w", 5, 7),
        ("c", 6, 7),
        ("v", 7, 7),
        ("z", 8, 8),
    ]


def test_days_keep_the_time_of_day_over_a_change_of_the_clocks() -> None:
    zone = ZoneInfo("Europe/Berlin")
    friday = datetime(2026, 3, 27, 9, 30, tzinfo=zone)
    later = days_after(round(friday.timestamp() * 1000), 3, "Europe/Berlin")
    assert datetime.fromtimestamp(later / 1000, zone).isoformat() == "2026-03-30T09:30:00+02:00"


def test_an_anniversary_of_29_february_is_kept_on_the_28th() -> None:
    leap = round(datetime(2024, 2, 29, 12, tzinfo=ZoneInfo("UTC")).timestamp() * 1000)
    found, after = [], 0
    for _ in range(4):
        after = anniversary(leap, after, "UTC")
        found.append(datetime.fromtimestamp(after / 1000, ZoneInfo("UTC")).date().isoformat())
    assert found == ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]


def test_what_is_forgotten_is_never_taken_for_news() -> None:
    state = VisitorState("demo", "v" * 22)
    for number in range(KEEP_MOMENTS + 5):
        remember(state, "ordered", 1000 + number, about=str(number), once=True)
    assert len(state.moments) == KEEP_MOMENTS and state.moments_floor == 1004
    remember(state, "ordered", 1002, about="2", once=True)
    assert "ordered/2" not in state.moments
    remember(state, "ordered", 900, about="50", once=True)
    assert state.moments["ordered/50"].at == 900, "the earliest word of what happens once"


async def test_a_journey_that_cannot_be_read_stands_still_and_the_others_go_on(hire: Hire) -> None:
    """Nobody leaves it, and nothing of it is sent, until it can be read again."""
    broken = journey("broken", "cart_abandoned", push("one"), Wait("w", 60), push("two"))
    other = journey("other", "cart_abandoned", Wait("w", 90), push("three"), topic="offers")
    shopper = await hire(broken, other)
    await shopper.tells_everything()
    await shopper.fills_cart()
    await shopper.wait(40 * MINUTE)
    assert {one.step for one in shopper.sent} == {"one"}
    whole = shopper.contexts["demo"]
    rest = {name: known for name, known in whole.journeys.items() if name != "broken"}
    lacking = ShopContext(whole.shop, {}, rest, held=frozenset({"broken"}), is_whole=False)
    shopper.contexts["demo"] = lacking
    await shopper.wait(3 * HOUR)
    assert {one.step for one in shopper.sent} == {"one", "three"}
    assert not (await shopper.state()).enrollments["broken"].ended
    shopper.contexts["demo"] = whole
    await shopper.wait(2 * MINUTE)
    assert {one.step for one in shopper.sent} == {"one", "two", "three"}
