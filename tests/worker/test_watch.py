"""Products that are watched: who is told that one is back or costs less, and who is not."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import msgspec

from heimta.model.journey import Journey, Send, Trigger
from heimta.model.message import Message
from heimta.model.product import ProductNote
from heimta.model.visitor import KEEP_VIEWED
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.timers import fire
from tests.worker.people import ANNA, BEN, People
from tests.worker.shop import CONTEXT, MINUTE, T0, order

HAT = "hat-m"


def journey(word: Any) -> Journey:
    send = Send("tell", "push", "{item}", "{price}")
    return Journey(word, "demo", word, trigger=Trigger(word), steps=(send,), live=True, holdout_pct=0)


def waiting(*words: Any) -> ShopContext:
    return dataclasses.replace(CONTEXT, journeys={word: (journey(word), 1) for word in words})


def look(people: People, who: str, at: int, *, minor: int = 2000, sku: str = HAT) -> None:
    people.fill(who, at)
    props = {"sku": sku, "name": "Hat", "unit_minor": minor, "currency": "EUR", "exponent": 2, "url": "/hat"}
    people.event(who, "product_viewed", at, props)


def news(who: str, at: int, *, price: int = 1500, was: int = 2000, back: bool = False) -> bytes:
    return msgspec.json.encode(ProductNote(who, HAT, at, price, "EUR", back, was))


def fired(people: People, who: str, now: int) -> list[Message]:
    effects = Effects()
    fire(people.states[who], context=people.context, effects=effects, now=now)
    return effects.messages


def test_who_looked_is_told_once_that_it_costs_less() -> None:
    people = People(waiting("price_dropped"))
    look(people, ANNA, T0)
    for _ in range(2):
        people.tell("product", news(ANNA, T0 + MINUTE), T0 + MINUTE)
    assert people.states[ANNA].next_due
    sent = fired(people, ANNA, T0 + 2 * MINUTE)
    assert [(message.journey, message.about) for message in sent] == [("price_dropped", HAT)]
    words = next(iter(people.states[ANNA].enrollments.values())).words
    assert (words["item"], words["url"], words["minor"], words["was_minor"]) == (
        "Hat",
        "/hat",
        "1500",
        "2000",
    )
    people.tell("product", news(ANNA, T0 + MINUTE), T0 + 3 * MINUTE)
    assert fired(people, ANNA, T0 + 4 * MINUTE) == []


def test_who_saw_it_for_less_is_told_nothing() -> None:
    people = People(waiting("price_dropped"))
    look(people, ANNA, T0, minor=1400)
    people.tell("product", news(ANNA, T0 + MINUTE), T0 + MINUTE)
    assert fired(people, ANNA, T0 + 2 * MINUTE) == []


def test_who_did_not_look_is_told_nothing_and_who_is_forgotten_stays_so() -> None:
    people = People(waiting("back_in_stock"))
    people.fill(ANNA, T0)
    for who in (ANNA, BEN):
        people.tell("product", news(who, T0 + MINUTE, back=True), T0 + MINUTE)
    assert fired(people, ANNA, T0 + 2 * MINUTE) == []
    assert BEN not in people.states


def test_who_ordered_since_the_look_may_have_it_and_hears_of_no_lower_price() -> None:
    for looks_again in (False, True):
        people = People(waiting("price_dropped"))
        look(people, ANNA, T0)
        people.tell("order", order("1001", 5000, T0 + MINUTE, visitor=ANNA), T0 + MINUTE)
        if looks_again:
            look(people, ANNA, T0 + 2 * MINUTE)
        people.tell("product", news(ANNA, T0 + 3 * MINUTE), T0 + 3 * MINUTE)
        assert len(fired(people, ANNA, T0 + 4 * MINUTE)) == looks_again


def test_who_ordered_it_is_not_told_that_it_is_back_and_who_ordered_something_else_is() -> None:
    for sku, times in (("hat-0", 0), (HAT, 1)):  # the cart's line is hat-0
        people = People(waiting("back_in_stock"))
        look(people, ANNA, T0, sku=sku)
        people.tell("order", order("1001", 5000, T0 + MINUTE, visitor=ANNA), T0 + MINUTE)
        note = msgspec.json.encode(ProductNote(ANNA, sku, T0 + 3 * MINUTE, 5000, "EUR", True, 0))
        people.tell("product", note, T0 + 3 * MINUTE)
        assert len(fired(people, ANNA, T0 + 4 * MINUTE)) == times


def test_an_old_order_that_is_told_of_late_begins_nothing() -> None:
    """A shop that has just been connected tells of each order anew as it is sent off."""
    for late, begun in ((23 * 60 * MINUTE, 1), (25 * 60 * MINUTE, 0)):
        people = People(waiting("ordered"))
        people.fill(ANNA, T0)
        people.tell("order", order("1001", 5000, T0, visitor=ANNA), T0 + late)
        assert len(fired(people, ANNA, T0 + late + MINUTE)) == begun


def test_who_has_it_in_the_cart_is_told_that_it_is_back() -> None:
    people = People(waiting("back_in_stock"))
    people.fill(ANNA, T0)  # the cart's line is hat-0
    note = msgspec.json.encode(ProductNote(ANNA, "hat-0", T0 + MINUTE, 5000, "EUR", True, 0))
    people.tell("product", note, T0 + MINUTE)
    assert [message.about for message in fired(people, ANNA, T0 + 2 * MINUTE)] == ["hat-0"]


def test_nothing_is_kept_of_what_no_journey_waits_for() -> None:
    people = People()
    look(people, ANNA, T0)
    people.tell("product", news(ANNA, T0 + MINUTE, back=True), T0 + MINUTE)
    parcel = {"vid": ANNA, "order": "o-1", "state": "shipped", "at": T0}
    people.tell("fulfilment", json.dumps(parcel).encode(), T0)
    assert people.states[ANNA].moments == {}
    assert people.states[ANNA].viewed == {}


def test_a_parcel_begins_the_journey_that_waits_for_it() -> None:
    people = People(waiting("shipped"))
    people.fill(ANNA, T0)
    parcel = {"vid": ANNA, "order": "o-1", "state": "shipped", "at": T0, "link": "https://parcels.example/1"}
    people.tell("fulfilment", json.dumps(parcel).encode(), T0)
    assert [message.about for message in fired(people, ANNA, T0 + MINUTE)] == ["o-1"]
    words = next(iter(people.states[ANNA].enrollments.values())).words
    assert words == {"order": "o-1", "tracking": "https://parcels.example/1"}


def test_the_newest_looks_are_kept_in_whatever_order_they_come() -> None:
    orders = [list(range(KEEP_VIEWED + 3)), list(reversed(range(KEEP_VIEWED + 3)))]
    kept = []
    for numbers in orders:
        people = People(waiting("browse_abandoned"))
        for number in numbers:
            look(people, ANNA, T0 + number * MINUTE, sku=f"sku-{number}")
        kept.append(people.states[ANNA].viewed)
    assert kept[0].keys() == kept[1].keys() == {f"sku-{number}" for number in range(3, KEEP_VIEWED + 3)}


def test_the_address_that_is_kept_of_a_product_opens_nothing() -> None:
    people = People(waiting("browse_abandoned"))
    people.event(ANNA, "product_viewed", T0, {"sku": HAT, "url": "/hat?size=m&token=abc"})
    assert people.states[ANNA].viewed[HAT].url == "/hat?size=m&"


def test_a_no_forgets_what_was_looked_at() -> None:
    people = People(waiting("browse_abandoned"))
    look(people, ANNA, T0)
    people.event(ANNA, "consent_changed", T0 + MINUTE, {"analytics": True, "marketing": False})
    look(people, ANNA, T0 - MINUTE, sku="late")
    assert people.states[ANNA].viewed == {}
