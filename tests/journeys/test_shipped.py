"""Every journey that is shipped, as it is shipped, on a virtual clock."""

from __future__ import annotations

import json
from typing import Any, Literal

import msgspec
import pytest

from heimta.model.fulfilment import FulfilmentNote
from heimta.model.journey import Journey
from heimta.model.person import address_of
from heimta.model.product import ProductNote
from heimta.rules.templates import fitted, templates
from heimta.store import wallets
from heimta.store.wallets import HandOut
from heimta.worker.carriers.texts import say, words_of
from tests.journeys.conftest import Hire
from tests.journeys.shopper import DAY, HOUR, MINUTE, SHOP, Shopper
from tests.worker.shop import VISITOR, cart, order

HAT = {"sku": "hat-9", "name": "Blue hat", "url": "/p/hat-9", "unit_minor": 4000}


def shipped(name: str, **changes: Any) -> Journey:
    document = fitted(templates()[name], SHOP)
    assert isinstance(document, Journey)
    return msgspec.structs.replace(document, live=True, holdout_pct=0, **changes)


async def click(shopper: Shopper) -> None:
    await shopper.does(("message_clicked", {"message": shopper.sent[-1].job.message.id}))


async def test_push_first_and_a_mail_for_those_who_did_not_tap(hire: Hire) -> None:
    shopper = await hire(shipped("cart-push-first"))
    await shopper.tells_everything()
    await shopper.fills_cart()
    await shopper.wait(3 * DAY)
    assert shopper.told() == [("bell", 30 * MINUTE), ("mail", 30 * MINUTE + 4 * HOUR)]


async def test_push_first_and_nothing_more_after_a_tap(hire: Hire) -> None:
    shopper = await hire(shipped("cart-push-first"))
    await shopper.tells_everything()
    await shopper.fills_cart()
    await shopper.wait(HOUR)
    await click(shopper)
    await shopper.wait(1)
    assert (await shopper.state()).enrollments["cart-push-first"].ended == "exited"
    await shopper.wait(3 * DAY)
    assert shopper.told() == [("bell", 30 * MINUTE)]


async def test_push_first_and_nothing_more_after_a_visit_that_safari_told_no_tap_of(hire: Hire) -> None:
    shopper = await hire(shipped("cart-push-first"))
    await shopper.tells_everything()
    await shopper.fills_cart()
    await shopper.wait(HOUR)
    await shopper.does(("page_viewed", {}))
    await shopper.wait(3 * DAY)
    assert (await shopper.state()).enrollments["cart-push-first"].ended == "exited"
    assert shopper.told() == [("bell", 30 * MINUTE)]


async def test_who_looked_and_left_hears_of_that_product_once_a_week(hire: Hire) -> None:
    shopper = await hire(shipped("browse-abandoned"))
    await shopper.tells_everything()
    await shopper.does(("page_viewed", {}), ("product_viewed", HAT))
    await shopper.wait(DAY)
    assert shopper.told() == [("bell", HOUR)]
    assert say(shopper.sent[0].job, shopper.sent[0].job.step.body) == "Blue hat is one tap away."
    await shopper.does(("product_viewed", HAT))
    await shopper.wait(DAY)
    assert len(shopper.sent) == 1, "within the week"
    await shopper.wait(6 * DAY)
    await shopper.does(("product_viewed", HAT))
    await shopper.wait(DAY)
    assert len(shopper.sent) == 2


@pytest.mark.parametrize("name", ["browse-abandoned", "back-in-stock", "price-dropped", "cart-push"])
async def test_what_the_shop_shows_no_name_of_is_called_by_its_sku(hire: Hire, name: str) -> None:
    shopper = await hire(shipped(name))
    await shopper.tells_everything()
    await shopper.does(("page_viewed", {}), ("product_viewed", {**HAT, "name": ""}))
    if name == "cart-push":
        line = {"sku": "hat-9", "name": "", "qty": 1}
        await shopper.does(("cart_updated", {"cart": cart(4000) | {"lines": [line]}}))
    elif name != "browse-abandoned":
        await product(shopper, "hat-9", is_back=True, was_minor=4000)
    await shopper.wait(DAY)
    [one] = shopper.sent
    assert "hat-9" in say(one.job, one.job.step.body)


async def test_who_filled_a_cart_is_not_told_of_what_they_looked_at(hire: Hire) -> None:
    shopper = await hire(shipped("browse-abandoned"))
    await shopper.tells_everything()
    await shopper.does(("page_viewed", {}), ("product_viewed", HAT))
    await shopper.fills_cart()
    await shopper.wait(3 * DAY)
    assert shopper.told() == []


async def test_a_welcome_comes_once_for_ever_and_ends_with_the_first_order(hire: Hire) -> None:
    shopper = await hire(shipped("welcome"))
    await shopper.tells_everything()
    signs_up = ("visitor_identified", {"email": "ann@post.example", "wants": "news"})
    await shopper.does(signs_up)
    await shopper.wait(DAY)
    assert shopper.told() == [("hello", 0)]
    assert shopper.sent[0].job.coupon is not None
    await shopper.orders()
    await shopper.wait(10 * DAY)
    await shopper.does(signs_up)
    await shopper.wait(10 * DAY)
    assert shopper.told() == [("hello", 0)]


async def test_an_order_is_confirmed_once_and_each_order_for_itself(hire: Hire) -> None:
    shopper = await hire(shipped("order-confirmed"))
    await shopper.tells_everything()
    for name in ("1001", "1002", "1001"):
        await shopper.orders(name)
        await shopper.wait(MINUTE)
    titles = [say(one.job, one.job.step.title) for one in shopper.sent]
    assert titles == ["We have your order 1001", "We have your order 1002"]
    assert all(one.job.service for one in shopper.sent)


async def test_a_confirmation_needs_no_yes_and_no_holdout_keeps_it_back(hire: Hire) -> None:
    shopper = await hire(msgspec.structs.replace(shipped("order-confirmed"), holdout_pct=100))
    await shopper.does(("consent_changed", {"analytics": True, "marketing": True}))
    await shopper.does(("visitor_identified", {"email": "ann@post.example"}))
    await shopper.orders()
    await shopper.wait(DAY)
    assert [one.step for one in shopper.sent] == ["mail"]


async def parcel(
    shopper: Shopper, state: Literal["shipped", "delivered"], order: str, *, ago: int = 0
) -> None:
    note = FulfilmentNote(VISITOR, order, state, shopper.now - ago, f"https://parcels.example/{order}")
    await shopper.tell("fulfilment", msgspec.json.encode(note))


async def product(shopper: Shopper, sku: str, **said: Any) -> None:
    """As the product hook tells it of one who watches it (tests/worker/test_watch.py)."""
    word = {"price_minor": 3000, "currency": "EUR", "is_back": False, "was_minor": 0} | said
    await shopper.tell("product", msgspec.json.encode(ProductNote(VISITOR, sku, shopper.now, **word)))


async def test_a_parcel_is_told_of_once_with_its_tracking_link(hire: Hire) -> None:
    shopper = await hire(shipped("order-shipped"))
    await shopper.tells_everything()
    for _ in range(2):
        await parcel(shopper, "shipped", "1001")
        await shopper.wait(DAY)
    [one] = shopper.sent
    assert words_of(one.job)["tracking"] == "https://parcels.example/1001"
    assert one.job.message.about == "1001"


async def test_a_parcel_that_the_shop_tells_of_the_next_morning_is_told_and_one_of_last_week_is_not(
    hire: Hire,
) -> None:
    shopper = await hire(shipped("order-shipped"))
    await shopper.tells_everything()
    await parcel(shopper, "shipped", "1001", ago=15 * HOUR)
    await parcel(shopper, "shipped", "1000", ago=7 * DAY)
    await shopper.wait(DAY)
    assert [one.job.message.about for one in shopper.sent] == ["1001"]


async def test_how_it_went_is_asked_days_after_the_parcel_and_once_in_three_months(hire: Hire) -> None:
    shopper = await hire(shipped("after-purchase"))
    await shopper.tells_everything()
    for number in ("1", "2"):
        await parcel(shopper, "delivered", number)
        await shopper.wait(10 * DAY)
    assert shopper.told() == [("ask", 4 * DAY)]


async def test_a_product_that_is_back_is_told_of_whenever_it_is(hire: Hire) -> None:
    shopper = await hire(shipped("back-in-stock"))
    await shopper.tells_everything()
    await shopper.does(("page_viewed", {}), ("product_viewed", HAT))
    await shopper.wait(DAY)
    for _ in range(2):
        await product(shopper, "hat-9", is_back=True)
        await product(shopper, "unseen", is_back=True)
        await shopper.wait(10 * DAY)
    assert shopper.told() == [("bell", DAY), ("bell", 11 * DAY)]
    assert {say(one.job, one.job.step.body) for one in shopper.sent} == {"Blue hat can be had again."}


async def test_a_lower_price_is_told_in_figures(hire: Hire) -> None:
    shopper = await hire(shipped("price-dropped"))
    await shopper.tells_everything()
    await shopper.does(("page_viewed", {}), ("product_viewed", HAT | {"unit_minor": 4000, "currency": "EUR"}))
    await product(shopper, "hat-9", price_minor=3000, was_minor=4000)
    await shopper.wait(DAY)
    [one] = shopper.sent
    assert say(one.job, one.job.step.body) == "Blue hat: now €30.00."


async def test_a_price_that_falls_twice_in_a_week_is_told_twice(hire: Hire) -> None:
    shopper = await hire(shipped("price-dropped"))
    await shopper.tells_everything()
    await shopper.does(("page_viewed", {}), ("product_viewed", HAT | {"unit_minor": 4000, "currency": "EUR"}))
    for price in (3000, 2000):
        await product(shopper, "hat-9", price_minor=price, was_minor=price + 1000)
        await shopper.wait(4 * DAY)
    assert [say(one.job, one.job.step.body) for one in shopper.sent] == [
        "Blue hat: now €30.00.",
        "Blue hat: now €20.00.",
    ]


@pytest.mark.parametrize(("name", "code"), [("win-back", "mail"), ("welcome", "hello")])
async def test_a_code_is_spoken_of_to_those_alone_who_were_sent_one(hire: Hire, name: str, code: str) -> None:
    """The mail with the code is skipped: they hold a code from a popup, which is still good."""
    shopper = await hire(shipped(name))
    await shopper.tells_everything()
    await shopper.orders()
    held = HandOut("popup", "page", "exit", "exit", shopper.now, shopper.now + 90 * DAY, 1, 0)
    await wallets.note(shopper.redis, "demo", [VISITOR], held, 1)
    await shopper.wait(MINUTE)
    await shopper.does(("visitor_identified", {"email": "ann@post.example", "wants": "news"}))
    await shopper.wait(80 * DAY)
    state = await shopper.state()
    assert name in state.enrollments and shopper.told() == []
    assert [(one.step, one.outcome) for one in state.deliveries.values()] == [(code, "skipped")]


async def test_who_stayed_away_is_won_back_and_left_in_peace_when_they_come(hire: Hire) -> None:
    shopper = await hire(shipped("win-back"))
    await shopper.tells_everything()
    await shopper.orders()
    await shopper.wait(60 * DAY - 1)
    assert shopper.told() == []
    await shopper.wait(1)
    assert shopper.told() == [("mail", 60 * DAY)]
    await shopper.wait(MINUTE)
    await shopper.does(("page_viewed", {}))
    await shopper.wait(30 * DAY)
    assert shopper.told() == [("mail", 60 * DAY)]
    assert (await shopper.state()).enrollments["win-back"].ended == "came back"


async def test_the_cart_that_was_asked_for_comes_at_once_and_once(hire: Hire) -> None:
    shopper = await hire(shipped("cart-by-mail"))
    await shopper.tells_everything()
    await shopper.fills_cart()
    for _ in range(2):
        await shopper.does(("visitor_identified", {"email": "ann@post.example", "wants": "cart"}))
        await shopper.wait(HOUR)
    assert shopper.told() == [("mail", 0)]
    assert shopper.sent[0].job.cart is not None


async def test_an_order_is_confirmed_to_the_address_that_the_shop_gave_with_it(hire: Hire) -> None:
    shopper = await hire(shipped("order-confirmed"))
    told = json.loads(order("1001", 5000, shopper.now))
    told["order"]["customer"] = {"email": "bob@post.example"}
    await shopper.tell("order", json.dumps(told).encode())
    await shopper.wait(DAY)
    [one] = shopper.sent
    assert address_of(one.job.state, "email", one.job.message.about) == "bob@post.example"
    assert one.job.state.identity is None
