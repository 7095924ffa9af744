"""What ends a journey, and what does not: each rule alone."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from heimta.journeys.ends import come_back, is_below, is_spared, outrank, over
from heimta.journeys.plans import Plans
from heimta.model.cart import Cart, Line
from heimta.model.journey import End, Journey, Trigger
from heimta.model.visitor import CartState, Delivery, Enrollment, VisitorState
from tests.journeys.shopper import DAY, HOUR, NOON, SHOP
from tests.journeys.test_machine import journey
from tests.worker.shop import CART, MINUTE, VISITOR

HAT = (Line("hat-1", "Hat", 1, 5000),)


def left(at: int, lines: tuple[Line, ...] = HAT, **more: Any) -> CartState:
    return CartState(Cart(CART, "EUR", 2, 5000, lines), (at, "x", 0), at, **more)


def known(*carts: CartState, **more: Any) -> VisitorState:
    named = {f"{CART}{number or ''}": cart for number, cart in enumerate(carts)}
    return VisitorState("demo", VISITOR, carts=named, **more)


def ended(state: VisitorState, trigger: str | Trigger, *ends: End, cart: str = "") -> str:
    begun = Enrollment(cart, "treated", 1, NOON, messages=["m1"])
    way = journey("way", trigger, ends_on=ends)  # type: ignore[arg-type]
    return over(state, way, begun, SHOP, now=NOON + DAY)


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (known(left(NOON - HOUR)), ""),
        (known(left(NOON - HOUR, ordered_at=NOON)), "ordered"),
        # Bought by the browser's word alone, or by another browser of the person.
        (known(left(NOON - HOUR), bought_at=NOON + MINUTE), "ordered"),
        (known(left(NOON - HOUR), bought_at=NOON - 2 * HOUR), ""),
        # The page told of the bought cart once more.
        (known(left(NOON + HOUR, ordered_at=NOON), bought_at=NOON), "ordered"),
    ],
)
def test_whose_cart_was_bought_ends_whatever_the_journey_ends_on(state: VisitorState, word: str) -> None:
    assert ended(state, "cart_abandoned", "clicked", cart=CART) == word


@pytest.mark.parametrize(("ends", "word"), [((), ""), (("came_back",), ""), (("ordered",), "ordered")])
def test_what_is_for_no_cart_ends_with_an_order_where_it_says_so(ends: tuple[End, ...], word: str) -> None:
    assert ended(known(bought_at=NOON + HOUR), "subscribed", *ends) == word
    assert ended(known(bought_at=NOON - HOUR), "subscribed", *ends) == ""
    assert is_spared(journey("way", "subscribed", ends_on=ends)) is (word == "")  # by the fold


@pytest.mark.parametrize(
    ("cart", "word"),
    [
        (left(NOON + HOUR), "cart filled"),
        (left(NOON - HOUR), ""),
        (left(NOON + HOUR, lines=()), ""),
        (left(NOON + HOUR, ordered_at=NOON + 2 * HOUR), ""),
    ],
)
def test_a_cart_that_is_filled_meanwhile_ends_what_says_so(cart: CartState, word: str) -> None:
    assert ended(known(cart), "browse_abandoned", "cart_filled") == word
    assert ended(known(cart), "browse_abandoned", "came_back") == ""


def test_a_tap_on_one_of_its_messages_ends_what_says_so() -> None:
    tapped = {"m1": Delivery("way", "sent", NOON, "way", clicked=NOON + 1)}
    anothers = {"m2": tapped["m1"], "m1": Delivery("way", "sent", NOON, "way")}
    assert ended(known(deliveries=tapped), "subscribed", "clicked") == "clicked"
    assert ended(known(deliveries=tapped), "subscribed", "came_back") == ""
    assert ended(known(deliveries=anothers), "subscribed", "clicked") == ""


LARGE = journey("large", "cart_abandoned", priority=200)


@pytest.mark.parametrize(
    ("small", "gives_way"),
    [
        (journey("small", "cart_abandoned"), True),
        (journey("small", "cart_abandoned", priority=200), False),
        (journey("small", "cart_abandoned", topic="offers"), False),
        (journey("small", "ordered", service=True), False),
        (journey("large", "cart_abandoned"), False),  # an older version of itself
    ],
)
def test_what_matters_less_gives_way_about_the_same_topic_alone(small: Journey, gives_way: bool) -> None:
    assert is_below(small, LARGE) is gives_way
    assert not is_below(LARGE, structs.replace(small, service=True, priority=300))


def test_one_that_begins_ends_what_gives_way_and_still_runs() -> None:
    small, other = journey("small", "subscribed"), journey("other", "subscribed", topic="offers")
    plans = Plans(SHOP, {one.id: (one, 1) for one in (small, other, LARGE)})
    for word, after in (("", "outranked"), ("done", "done"), ("ordered", "ordered")):
        running = Enrollment("", "treated", 1, NOON)
        gone = structs.replace(running, version=7)  # a version that is kept no more
        enrollments = {"small": structs.replace(running, ended=word), "other": running, "small/1": gone}
        state = known(enrollments=enrollments)
        outrank(state, LARGE, plans)
        assert [each.ended for each in state.enrollments.values()] == [after, "", ""]


@pytest.mark.parametrize(("lines", "word"), [(HAT, "active again"), ((), "cart empty")])
def test_a_cart_that_is_touched_before_the_first_message_waits_anew(
    lines: tuple[Line, ...], word: str
) -> None:
    plans = Plans(SHOP, {"way": (journey("way", "cart_abandoned"), 1)})
    waits = Enrollment(CART, "treated", 1, NOON)
    state = known(left(NOON + MINUTE, lines, silent_at=NOON - HOUR), enrollments={"way": waits})
    come_back(state, plans)
    assert waits.ended == word


def test_who_looks_on_before_the_first_message_is_active_again() -> None:
    plans = Plans(SHOP, {"way": (journey("way", "browse_abandoned"), 1)})
    waits = Enrollment("", "treated", 1, NOON, about="hat-1")
    state = known(enrollments={"way": waits}, considered={"way": NOON - HOUR}, visit_at=NOON + MINUTE)
    come_back(state, plans)
    assert waits.ended == "active again"
