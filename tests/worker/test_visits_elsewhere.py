"""Nobody is won back on one device who comes by another: the day of a visit is known to all of a person."""

from __future__ import annotations

import dataclasses
from random import Random

import msgspec
import pytest

from heimta.journeys.ends import over
from heimta.model.condition import Condition
from heimta.model.journey import Journey, Send, Trigger
from heimta.model.visitor import Enrollment
from heimta.worker.timers import next_due
from tests.worker.people import ANNA, BEN, EVE, MAIL, People, hub
from tests.worker.shop import CONTEXT, MINUTE, T0

DAY = 24 * 60 * MINUTE
AWAY = Journey(
    "away",
    "demo",
    "Away",
    Trigger("segment", segment=Condition(quiet_days=60)),
    (Send("ask", "push", "Hello"),),
    live=True,
    holdout_pct=0,
    ends_on=("ordered", "came_back"),
)
ASKING = dataclasses.replace(CONTEXT, journeys={"away": (AWAY, 1)})


def pair(chance: Random | None = None) -> People:
    people = People(ASKING, chance)
    for who in (ANNA, BEN):
        people.identify(who, T0, email=MAIL)
        people.fill(who, T0)
    people.event(ANNA, "order_completed", T0 + 1, {"order": "o-1"})
    people.carried = 0
    return people


@pytest.mark.parametrize("chance", [None, *map(Random, range(4))])
def test_who_comes_by_phone_is_not_won_back_on_the_laptop(chance: Random | None) -> None:
    people = pair(chance)
    for day in (20, 40):
        people.event(BEN, "page_viewed", T0 + day * DAY, {})
    assert people.fire(ANNA, T0 + 61 * DAY) == []
    due = next_due(people.states[ANNA], ASKING)
    assert T0 + 100 * DAY <= due <= T0 + 101 * DAY
    assert people.fire(ANNA, due) == ["ask"]


def test_who_joins_later_is_told_of_the_newest_visit() -> None:
    people = pair()
    people.event(BEN, "page_viewed", T0 + 20 * DAY, {})
    people.identify(EVE, T0 + 10 * DAY, email=MAIL)
    assert people.states[EVE].seen_day == (T0 + 20 * DAY) // DAY


def test_a_visit_is_told_once_a_day_and_only_where_a_journey_asks() -> None:
    people = pair()
    for minute in range(3):
        people.event(BEN, "page_viewed", T0 + 2 * DAY + minute * MINUTE, {})
    assert people.carried == 2  # to the hub, and to the other browser
    people.event(ANNA, "page_viewed", T0 + 2 * DAY + 5 * MINUTE, {})
    assert people.carried == 3, "the hub knows somebody was there"
    people.context = CONTEXT
    people.event(BEN, "page_viewed", T0 + 3 * DAY, {})
    assert people.carried == 3


def test_a_later_day_elsewhere_ends_what_is_for_no_cart() -> None:
    people = pair()
    begun = T0 + DAY
    state = people.states[ANNA]
    here, cart = Enrollment("", "treated", 1, begun), Enrollment("c", "treated", 1, begun)
    people.event(BEN, "page_viewed", begun + MINUTE, {})
    assert over(state, AWAY, here, ASKING.shop, now=begun + DAY) == "", "the same day may be before it began"
    people.event(BEN, "page_viewed", begun + DAY, {})
    assert over(state, AWAY, here, ASKING.shop, now=begun + DAY) == "came back"
    assert over(state, AWAY, cart, ASKING.shop, now=begun + DAY) == ""


def test_nothing_of_who_was_there_goes_to_another_browser() -> None:
    people = pair()
    people.event(BEN, "page_viewed", T0 + 2 * DAY, {})
    assert BEN.encode() not in msgspec.json.encode(people.states[ANNA])
    assert people.states[hub()].seen_day == (T0 + 2 * DAY) // DAY
