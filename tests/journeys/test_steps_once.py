"""A step of a journey is decided once, whatever comes between; and what a timer begins, for which cart."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest

from heimta.journeys.advance import advance, off_course
from heimta.journeys.plans import Plans
from heimta.model.cart import Cart, Line
from heimta.model.journey import Journey
from heimta.model.message import Message, message_id
from heimta.model.orders import OrderState
from heimta.model.visitor import CartState, Delivery, Enrollment, Moment, VisitorState
from heimta.worker.effects import Effects
from heimta.worker.timers import fire
from tests.journeys.shopper import HOUR, NOON, SHOP
from tests.journeys.test_decide import known
from tests.journeys.test_machine import journey, push
from tests.worker.shop import CART, CONTEXT, MINUTE, VISITOR

WAY = journey("way", "cart_abandoned", push("remind"))
PLANS = Plans(SHOP, {"way": (WAY, 1)})
NAME = message_id("demo", VISITOR, "way", "remind", CART)


def left(at: int = NOON, name: str = CART, lines: int = 1) -> CartState:
    hats = (Line("hat-1", "Hat", 1, 5000),) * lines
    return CartState(Cart(name, "EUR", 2, 5000, hats), (at, "x", 0), at)


def begun(entered_at: int, cart: str = CART) -> VisitorState:
    enrollment = Enrollment(cart, "treated", 1, entered_at, due_at=entered_at)
    return VisitorState("demo", VISITOR, carts={CART: left()}, enrollments={"way": enrollment})


def decided(state: VisitorState, now: int) -> list[str]:
    return [message.id for message in advance(state, PLANS, now=now).messages]


@pytest.mark.parametrize(
    ("outcome", "again"),
    [("sent", False), ("unknown", False), ("failed", False), ("", False), ("skipped", True), ("gone", True)],
)
def test_a_cart_is_reminded_of_once_however_often_it_is_left(outcome: str, again: bool) -> None:
    state = begun(NOON)
    assert decided(state, NOON) == [NAME]
    state.deliveries[NAME] = Delivery("way", outcome, NOON, "remind")
    state.enrollments = begun(NOON + HOUR).enrollments
    assert bool(decided(state, NOON + HOUR)) is again, "what reached nobody may be said once more"
    state.enrollments = begun(NOON + HOUR).enrollments
    assert decided(state, NOON + HOUR) == [], "and that once"


def test_a_step_that_is_too_late_is_skipped_counted_and_not_taken_up_again() -> None:
    state, late = begun(NOON), NOON + 12 * HOUR + 1
    outcome = advance(state, PLANS, now=late)
    assert not outcome.messages and outcome.counts == ["message.skipped", "s.j.way.remind.skipped"]
    assert state.deliveries == {NAME: Delivery("way", "skipped", late, "remind")}


@pytest.mark.parametrize(
    ("cart", "word"), [(left(), ""), (left(lines=0), "cart empty"), (None, "cart empty")]
)
def test_nothing_is_sent_of_a_cart_in_which_nothing_is(cart: CartState | None, word: str) -> None:
    state = begun(NOON)
    state.carts = {} if cart is None else {CART: cart}
    state.enrollments["way"].messages = [NAME]
    message = Message(NAME, "demo", VISITOR, "way", "remind", "push", CART, NOON)
    assert off_course(state, message, WAY, SHOP, now=NOON) == word


def fired(state: VisitorState, *journeys: Journey, now: int) -> Effects:
    effects = Effects()
    context = dataclasses.replace(CONTEXT, journeys={each.id: (each, 1) for each in journeys})
    fire(state, context=context, effects=effects, now=now)
    return effects


def test_of_two_carts_the_newer_one_is_chased() -> None:
    older = left(NOON - MINUTE, "d" * 11)
    state = known(carts={older.cart.id: older, CART: left()}, enrollments={})
    assert [one.cart for one in fired(state, WAY, now=NOON + HOUR).messages] == [CART]
    older = left(NOON - HOUR, "d" * 11)
    state = known(carts={older.cart.id: older, CART: left()}, enrollments={})
    assert not fired(state, WAY, now=NOON + MINUTE).messages, "and the older one is not, when its turn comes"


def test_a_service_journey_is_met_by_all_and_is_no_test() -> None:
    thanks = msgspec.structs.replace(journey("thanks", "ordered"), service=True, holdout_pct=50)
    orders = {"1001": OrderState("1001", NOON, 5000, "EUR", "", NOON)}
    for word, lifted in ((thanks, False), (msgspec.structs.replace(thanks, service=False), True)):
        state = known(orders=orders, enrollments={})
        state.moments = {"ordered/1001": Moment(NOON)}
        assert bool(fired(state, word, now=NOON).lift) is lifted
