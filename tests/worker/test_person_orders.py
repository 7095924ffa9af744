"""A person's orders in other browsers count in the lift: in either arm, once, by the shop's word alone."""

from __future__ import annotations

import dataclasses
import itertools
import json
import random

import msgspec
import pytest

from heimta.ingest.entry import BoughtNote, JoinNote, SignedOrder
from heimta.model.event import HOLDOUT, Customer
from heimta.model.orders import PersonOrder
from heimta.model.person import hub_of, hubs_of
from heimta.model.visitor import KEEP_ORDERS, KEEP_PERSON_ORDERS, VisitorState
from heimta.store.erase import Marks, without
from heimta.worker.effects import Effects
from heimta.worker.person_orders import hear_order
from heimta.worker.timers import fire
from tests.worker.people import ANNA, BEN, EVE, MAIL, People, hub
from tests.worker.shop import CONTEXT, JOURNEY, MINUTE, T0

DAY = 24 * 60 * MINUTE
MAILED = Customer(email=MAIL)


def people(chance: random.Random | None = None, arm: str = "ten") -> People:
    """Anna told her address, and met a campaign after it."""
    known = People(chance=chance)
    known.identify(ANNA, T0, email=MAIL)
    meet(known, ANNA, T0 + MINUTE, arm)
    return known


def meet(known: People, who: str, at: int, arm: str = "ten") -> None:
    known.event(who, "campaign_exposed", at, {"campaign": "exit-offer", "arm": arm, "p": 5000, "version": 1})


def lift(known: People) -> dict[str, int]:
    return {name: by for name, by in known.effects.lift["demo", "exit-offer"].items() if by}


@pytest.mark.parametrize("buyer", ["", EVE])
@pytest.mark.parametrize("arm", ["ten", HOLDOUT])
def test_an_order_with_the_person_s_address_counts_wherever_it_was_placed(buyer: str, arm: str) -> None:
    known = people(arm=arm)
    known.order(T0 + DAY, buyer, MAILED)
    assert lift(known) == {
        f"{arm}|n": 1,
        f"{arm}|converted": 1,
        f"{arm}|revenue_minor": 5000,
        f"{arm}|revenue_sq": 5000**2,
    }
    assert not known.states[ANNA].orders


def test_nothing_but_the_lift_counts_it() -> None:
    known = people()
    known.fill(ANNA, T0)
    known.order(T0 + DAY, EVE, MAILED)
    counted = [name for fields in known.effects.counts.values() for name, by in fields.items() if by]
    assert sum(name.endswith(":orders") for name in counted) == 1
    assert not any("recovered" in name for name in counted)


def test_an_order_of_one_s_own_counts_once() -> None:
    known = people()
    known.identify(BEN, T0, email=MAIL)
    known.order(T0 + DAY, ANNA, MAILED)
    known.order(T0 + DAY, ANNA, MAILED)
    assert lift(known)["ten|revenue_minor"] == 5000


def test_an_order_that_turns_out_to_be_one_s_own_counts_once() -> None:
    known = people()
    known.order(T0 + DAY, "", MAILED)
    known.order(T0 + DAY, ANNA, MAILED)
    assert known.states[ANNA].orders and known.states[ANNA].person_orders
    assert lift(known)["ten|revenue_minor"] == 5000


def test_an_order_of_one_s_own_that_is_forgotten_counts_once_too() -> None:
    """The shop told of it first without its browser."""
    known = people()
    known.order(T0 + DAY, "", MAILED)
    for n in range(KEEP_ORDERS + 1):
        known.order(T0 + DAY + n, ANNA, MAILED, f"o-{n + 1}")
    assert "o-1" not in known.states[ANNA].orders and known.states[ANNA].person_orders
    assert lift(known)["ten|revenue_minor"] == (KEEP_ORDERS + 1) * 5000


@pytest.mark.parametrize("word", [{"email": MAIL}, {"id": "c-1"}])
def test_a_word_that_is_told_after_the_exposure_opens_no_other_browser_s_orders(word: dict[str, str]) -> None:
    """Who is shown a popup tells an address more often than who is not."""
    known = People()
    meet(known, ANNA, T0)
    known.identify(ANNA, T0 + MINUTE, **word)
    known.order(T0 + DAY, EVE, Customer(email=MAIL, id="c-1"))
    assert lift(known) == {"ten|n": 1}


def test_a_word_that_is_told_again_is_as_old_as_when_it_was_told_first() -> None:
    known = people()
    known.identify(ANNA, T0 + 2 * MINUTE, email=MAIL)
    known.order(T0 + DAY, EVE, MAILED)
    assert lift(known)["ten|converted"] == 1


def test_an_order_that_only_a_browser_tells_of_or_that_has_no_word_counts_for_its_own_browser() -> None:
    known = people()
    known.identify(BEN, T0, email=MAIL)
    known.order(T0 + DAY, BEN)
    known.event(BEN, "order_completed", T0 + DAY, {"order": "o-2"})
    assert lift(known) == {"ten|n": 1} and known.states[ANNA].heard_at == T0 + DAY


def test_who_types_the_address_in_afterwards_holds_nothing_of_what_was_bought() -> None:
    known = people()
    known.order(T0 + DAY, ANNA, MAILED)
    known.identify(EVE, T0 + DAY + 1, email=MAIL)
    assert not known.states[EVE].person_orders and not known.states[hub()].person_orders


def test_nor_does_who_types_it_in_before_the_shop_tells_of_it() -> None:
    known = people()
    known.identify(EVE, T0 + DAY + 1, email=MAIL)
    known.order(T0 + DAY, ANNA, MAILED)
    assert known.states[EVE].heard_at == T0 + DAY and not known.states[EVE].person_orders
    known.order(T0 + DAY + 1, ANNA, MAILED, "o-2")
    assert len(known.states[EVE].person_orders) == 1


def test_who_ordered_as_a_guest_and_was_never_seen_holds_nothing_of_the_next_order() -> None:
    service = msgspec.structs.replace(JOURNEY, id="thanks", trigger="ordered", service=True)
    known = People(dataclasses.replace(CONTEXT, journeys={"thanks": (service, 1)}))
    known.order(T0, customer=MAILED)
    (guest,) = [name for name in known.states if name != hub()]
    known.order(T0 + DAY, EVE, MAILED, "o-2")
    assert hub() in hubs_of(known.states[guest]) and known.states[guest].heard_at == T0 + DAY
    assert not known.states[guest].person_orders


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
def test_of_tellings_of_one_order_the_earlier_time_and_the_sum_of_the_later_change_count(
    order: tuple[int, ...],
) -> None:
    known = People()
    known.identify(ANNA, T0, email=MAIL)
    changes = [(5000, 0), (0, 1), (4000, 2)]
    told = [SignedOrder("m", minor, "EUR", T0 + n * DAY, T0 + n * DAY) for minor, n in changes]
    for n in order:
        hear_order(known.states[ANNA], told[n], hub())
    assert known.states[ANNA].person_orders["m"] == PersonOrder(T0, 4000, "EUR", [hub()], T0 + 2 * DAY)


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
def test_of_tellings_of_one_order_the_earlier_time_and_the_smaller_sum_count(order: tuple[int, ...]) -> None:
    known, phone = People(), hub_of("demo", "phone", "+491701234567")
    known.identify(ANNA, T0, email=MAIL, phone="+491701234567")
    told = [
        (SignedOrder("m", 5000, "EUR", T0 + DAY), hub()),
        (SignedOrder("m", 1000, "EUR", T0 + 2 * DAY), hub()),
        (SignedOrder("m", 5000, "EUR", T0 + 2 * DAY), phone),
    ]
    state = known.states[ANNA]
    for n in order:
        hear_order(state, *told[n])
    assert state.person_orders["m"] == PersonOrder(T0 + DAY, 1000, "EUR", sorted([hub(), phone]))
    assert not any(hear_order(state, *each) for each in told), "copies are no news"


def test_an_order_s_number_is_in_no_other_browser() -> None:
    known = people()
    known.order(T0 + DAY, EVE, MAILED, name="secret-17")
    for name in (ANNA, hub()):
        assert b"secret-17" not in msgspec.json.encode(known.states[name])


@pytest.mark.parametrize("sums", [(5000, 1000), (1000, 5000)])
def test_what_is_sent_back_is_taken_off_there_too(sums: tuple[int, int]) -> None:
    known = people()
    for minor in sums:
        told = {"id": "o-1", "currency": "EUR", "exponent": 2, "total_minor": minor, "at": T0 + DAY}
        body = {"type": "order_completed", "order": {**told, "visitor": EVE, "customer": {"email": MAIL}}}
        known.tell("order", json.dumps(body).encode(), T0 + DAY)
    assert lift(known)["ten|revenue_minor"] == 1000


def test_a_no_and_another_address_let_go_of_it() -> None:
    for name, props in (
        ("consent_changed", {"analytics": True, "marketing": False}),
        ("visitor_identified", {"email": "else@example.com"}),
    ):
        known = people()
        known.order(T0 + DAY, EVE, MAILED)
        known.event(ANNA, name, T0 + 2 * DAY, props)
        assert lift(known) == {"ten|n": 1} and not known.states[ANNA].person_orders


@pytest.mark.parametrize("seed", range(40))
def test_the_sums_are_the_same_in_whatever_order_notes_come(seed: int) -> None:
    known = people(random.Random(seed))
    known.identify(BEN, T0, email=MAIL, id="c-1")
    meet(known, BEN, T0 + MINUTE, HOLDOUT)
    orders = [(T0 + DAY, ANNA), (T0 + 2 * DAY, BEN), (T0 + 3 * DAY, ""), (T0 + 40 * DAY, "")]
    tellings = [(n, *order) for n, order in enumerate(orders)] * 2
    random.Random(seed).shuffle(tellings)
    for n, at, buyer in tellings:
        known.order(at, buyer or f"made-up-{n}-------------", Customer(email=MAIL, id="c-1"), f"o-{n}")
    for arm in ("ten", HOLDOUT):
        assert lift(known)[f"{arm}|revenue_minor"] == 15_000
        assert lift(known)[f"{arm}|revenue_sq"] == 15_000**2


@pytest.mark.parametrize("holdout_pct", [0, 100])
def test_a_journey_that_is_met_while_nobody_is_there_keeps_the_hub_in_either_arm(holdout_pct: int) -> None:
    """It would end before the order that a win-back is for, where no message leaves that tells it again."""
    journey = msgspec.structs.replace(JOURNEY, holdout_pct=holdout_pct)
    known = People(dataclasses.replace(CONTEXT, journeys={"cart-push": (journey, 1)}))
    known.identify(ANNA, T0, email=MAIL)
    known.fill(ANNA, T0 + 1)
    effects, day = Effects(), T0 // DAY
    fire(known.states[ANNA], context=known.context, effects=effects, now=T0 + DAY // 2)
    assert effects.lift["demo", "j.cart-push"]
    assert effects.relays == [("demo", JoinNote(hub(), ANNA, day, first=T0))]
    again = Effects()
    fire(known.states[ANNA], context=known.context, effects=again, now=T0 + DAY)
    assert not again.relays


def test_of_very_many_the_newest_are_kept() -> None:
    known = people()
    for n in range(KEEP_PERSON_ORDERS + 5):
        known.order(T0 + DAY + n, EVE, MAILED, f"o-{n}")
    assert len(known.states[ANNA].person_orders) == KEEP_PERSON_ORDERS
    assert lift(known)["ten|revenue_minor"] == KEEP_PERSON_ORDERS * 5000


def test_an_erased_word_takes_them_along() -> None:
    known = people()
    known.order(T0 + DAY, EVE, MAILED)
    state: VisitorState = known.states[ANNA]
    assert not without(state, Marks("demo", [hub()], [])).person_orders


def test_a_note_of_an_older_release_says_nothing_of_an_order() -> None:
    known = people()
    old = {"type": "bought", "vid": ANNA, "hub": hub(), "other": "", "at": T0 + DAY}
    known.tell("relay", json.dumps(old).encode(), T0 + DAY)
    assert known.states[ANNA].heard_at == T0 + DAY and not known.states[ANNA].person_orders
    new = BoughtNote(ANNA, hub(), "", 0, SignedOrder("m", 1, "EUR", T0 + DAY))
    known.tell("relay", msgspec.json.encode(new), T0 + DAY)
    assert known.states[ANNA].heard_at == T0 + DAY and known.states[ANNA].person_orders
