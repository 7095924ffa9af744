"""The words of a condition: a glob means what it means in the browser, and costs no more than it should."""

from __future__ import annotations

from fnmatch import fnmatchcase
from timeit import repeat
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heimta.journeys.conditions import _matches, holds
from heimta.model.cart import Cart, Line
from heimta.model.condition import Condition
from heimta.model.orders import OrderState
from heimta.model.visitor import CartState, Delivery, Enrollment, Identity, Viewed, VisitorState
from tests.journeys.shopper import NOON, SHOP
from tests.worker.shop import CART, VISITOR


@pytest.mark.parametrize(
    ("glob", "name", "fits"),
    [
        ("hat", "HAT", True),
        ("hat", "hats", False),
        ("*", "", True),
        ("hat-*", "hat-", True),
        ("*-m", "hat-m-m", True),
        ("h*t*m", "hat\nm", True),
        ("*a*a", "a", False),
        ("a.c", "abc", False),
    ],
)
def test_a_star_is_any_run_of_letters(glob: str, name: str, fits: bool) -> None:
    assert _matches((glob,), (name,)) is fits


@given(st.text("ab*", max_size=8), st.text("ab", max_size=8))
def test_globs_are_matched_as_elsewhere(glob: str, name: str) -> None:
    assert _matches((glob,), (name,)) is fnmatchcase(name, glob)


def test_many_stars_cost_little_more_than_one() -> None:
    def matched_s(glob: str) -> float:
        return min(repeat(lambda: _matches((glob,), ("a" * 60,)), number=1, repeat=3))

    for stars in (6, 60):  # the first ends also where this fails
        assert matched_s("*a" * stars + "*b") <= 200 * matched_s("*b")


def left(total: int | None, currency: str = "EUR") -> dict[str, CartState]:
    cart = Cart(CART, currency, 2, total, (Line("hat-1", "Blue hat", 1, 5000),))
    return {CART: CartState(cart, (NOON, "x", 0), NOON)}


def bought(*names: str) -> dict[str, OrderState]:
    return {name: OrderState(name, NOON, 5000, "EUR", "", NOON) for name in names}


MAIL = Identity(email="ann@post.example")
SEEN = {"hat-1": Viewed(NOON, "Blue hat")}


@pytest.mark.parametrize(
    ("asked", "fits", "fits_not"),
    [
        ({"languages": ("de",)}, {"lang": "de-AT"}, {"lang": "en"}),
        ({"viewed": ("blue *",)}, {"viewed": SEEN}, {"viewed": {"hat-2": Viewed(NOON, "Red hat")}}),
        ({"known": ("email",)}, {"identity": MAIL}, {"identity": Identity(phone="+4915112345678")}),
        ({"known": ("email",)}, {"identity": MAIL}, {}),
        ({"min_cart_minor": 5000}, {"carts": left(5000)}, {"carts": left(4999)}),
        ({"max_cart_minor": 5000}, {"carts": left(5000)}, {"carts": left(5001)}),
        ({"max_cart_minor": 5000}, {"carts": left(5000)}, {"carts": left(5000, "CHF")}),
        ({"max_cart_minor": 5000}, {"carts": left(5000)}, {"carts": left(None)}),
        ({"min_orders": 1}, {"orders": bought("1")}, {}),
        ({"max_orders": 1}, {"orders": bought("1")}, {"orders": bought("1", "2")}),
        ({"min_spent_minor": 10_000}, {"orders": bought("1", "2")}, {"orders": bought("1")}),
    ],
)
def test_each_word_asks_for_its_own_fact(
    asked: dict[str, Any], fits: dict[str, Any], fits_not: dict[str, Any]
) -> None:
    def answer(known: dict[str, Any]) -> bool:
        return holds(Condition(**asked), VisitorState("demo", VISITOR, **known), SHOP, now=NOON)

    assert answer(fits) and not answer(fits_not)


@pytest.mark.parametrize(
    ("step", "outcome", "fits"), [("one", "sent", True), ("one", "skipped", False), ("two", "sent", False)]
)
def test_what_was_sent_is_asked_of_the_step_that_is_named(step: str, outcome: str, fits: bool) -> None:
    begun = Enrollment("", "treated", 1, NOON, messages=["m1"])
    state = VisitorState("demo", VISITOR, deliveries={"m1": Delivery("way", outcome, NOON, step)})
    assert holds(Condition(sent="one"), state, SHOP, enrollment=begun, now=NOON) is fits


def test_what_a_wait_waits_for_is_asked_of_the_time_since_it_began() -> None:
    begun = Enrollment("", "treated", 1, NOON, since=NOON + 2)
    state = VisitorState("demo", VISITOR, visit_at=NOON + 1)
    assert not holds(Condition(came_back=True), state, SHOP, enrollment=begun, now=NOON + 3)
    state.visit_at = NOON + 3
    assert holds(Condition(came_back=True), state, SHOP, enrollment=begun, now=NOON + 3)
