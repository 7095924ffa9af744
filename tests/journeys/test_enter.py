"""Who begins a journey again, and when: each rule alone."""

from __future__ import annotations

import pytest

from heimta.journeys.enter import enter
from heimta.journeys.plans import Plans
from heimta.journeys.silence import Entry
from heimta.model.journey import Journey, Trigger
from heimta.model.visitor import Delivery, Enrollment, VisitorState
from tests.journeys.shopper import HOUR, NOON, SHOP
from tests.journeys.test_decide import known
from tests.journeys.test_machine import journey
from tests.worker.shop import CART

LOOKED = journey("way", Trigger("event", event="product_viewed"))
OTHER = journey("other", "subscribed", topic="offers")


def begins(state: VisitorState, again: Journey, cart: str = "", about: str = "") -> bool:
    plans = Plans(SHOP, {one.id: (one, 1) for one in (again, OTHER)})
    return enter(state, again, Entry(NOON, NOON, cart, about), plans, now=NOON) is not None


def was(ended: str, ago: int = HOUR, cart: str = "", name: str = "way", **written: Delivery) -> VisitorState:
    held = Enrollment(cart, "treated", 1, NOON - ago, ended=ended, messages=[*written])
    return known(enrollments={name: held}, deliveries=written)


def rests(trigger: Trigger, hours: float | None) -> Journey:
    return journey("way", trigger, again_h=hours)


SENT, SKIPPED = Delivery("way", "sent", NOON), Delivery("way", "skipped", NOON)


def test_one_that_runs_does_not_begin_anew_and_one_that_is_over_may() -> None:
    at_once = rests(LOOKED.begins, 0)
    assert not begins(was(""), at_once)
    assert begins(was("done"), at_once)


@pytest.mark.parametrize(
    ("state", "again"),
    [
        (was("done", cart=CART, m1=SENT), False),
        (was("", cart=CART, m1=SENT), False),
        (was("active again", cart=CART), True),
        (was("done", cart=CART, m1=SKIPPED), True),  # it reached nobody
        (was("done", cart="d" * 11, m1=SENT), True),
    ],
)
def test_a_cart_of_which_somebody_was_told_begins_nothing_again(state: VisitorState, again: bool) -> None:
    assert begins(state, journey("way", "cart_abandoned", again_h=0), cart=CART) is again


@pytest.mark.parametrize(
    ("state", "again"),
    [
        (was("done", m1=SENT), False),
        (was("done", 3 * HOUR, m1=SENT), True),
        (was("done", name="other", m1=SENT), True),
        # Where nothing was written it ended before it had begun.
        (was("active again"), True),
        (was("active again", m1=SENT), False),
    ],
)
def test_a_journey_rests_after_its_own_last_time_alone(state: VisitorState, again: bool) -> None:
    assert begins(state, rests(LOOKED.begins, 2)) is again


def test_it_rests_after_the_newest_of_several_times() -> None:
    ordered = rests(Trigger("ordered"), 2)
    state = was("done", 9 * HOUR, name="way/1001", m1=SENT)
    assert begins(state, ordered, about="1003")
    state = was("done", 9 * HOUR, name="way/1001", m1=SENT)
    state.enrollments["way/1002"] = Enrollment("", "treated", 1, NOON - HOUR, ended="done", about="1002")
    assert not begins(state, ordered, about="1003")


@pytest.mark.parametrize(("ended", "begun"), [("", False), ("done", True)])
def test_what_matters_less_begins_only_when_the_other_is_over(ended: str, begun: bool) -> None:
    large = journey("large", "subscribed", priority=200)
    held = Enrollment("", "treated", 1, NOON - HOUR, ended=ended)
    state, plans = known(enrollments={"large": held}), Plans(SHOP, {"large": (large, 1), "way": (LOOKED, 1)})
    assert (enter(state, LOOKED, Entry(NOON, NOON), plans, now=NOON) is not None) is begun
