"""A dead e-mail address stays dead however often it is told again; another one lives."""

from __future__ import annotations

from itertools import permutations

import msgspec
import pytest

from heimta.ingest.mail_providers import Told
from heimta.ingest.returned import entries_told
from heimta.journeys.reach import unreachable
from heimta.model.message import DeliveryNote
from heimta.model.visitor import KEEP_DEAD, Identity, VisitorState
from heimta.rules.mail.addresses import mark_of
from heimta.worker.addresses import lose_address
from tests.channels.email_job import SHOP
from tests.worker.people import ANNA, BEN, MAIL, People
from tests.worker.shop import T0, VISITOR


def known(address: str, at: int = T0) -> VisitorState:
    state = VisitorState("demo", VISITOR)
    state.identity = Identity(email=address, email_of=(at, "s" * 11, 1))
    return state


def gone(address: str) -> DeliveryNote:
    mark = mark_of("demo", address)
    return DeliveryNote(VISITOR, "", "", "gone", "bounce", channel="email", address=mark)


def test_who_can_be_reached_by_e_mail() -> None:
    assert unreachable(known("anna@mail.example"), "email", SHOP) == ""
    assert unreachable(known("anna@müller.example"), "email", SHOP) == ""
    assert unreachable(VisitorState("demo", VISITOR), "email", SHOP) == "no e-mail address"
    assert unreachable(known("anna@localhost"), "email", SHOP) == "no possible e-mail address"
    assert unreachable(known("änna@mail.example"), "email", SHOP) == "no possible e-mail address"
    without = msgspec.structs.replace(SHOP, email=None)
    assert unreachable(known("anna@mail.example"), "email", without) == "shop has no e-mail"


def test_a_dead_address_stays_dead_when_a_page_tells_it_again() -> None:
    state = known("anna@mail.example")
    lose_address(state, gone("anna@mail.example"), T0)
    assert unreachable(state, "email", SHOP) == "e-mail address is dead"
    assert state.identity is not None
    state.identity.email_of = (T0 + 86_400_000, "s" * 11, 9)
    assert unreachable(state, "email", SHOP) == "e-mail address is dead"
    state.identity.email = "Anna@mail.example"
    assert unreachable(state, "email", SHOP) == "e-mail address is dead"


def test_another_address_of_the_same_shopper_lives() -> None:
    state = known("anna@mial.example")
    lose_address(state, gone("anna@mial.example"), T0)
    assert state.identity is not None
    state.identity.email = "anna@mail.example"
    assert unreachable(state, "email", SHOP) == ""
    assert state.gone == 0  # push has a subscription of its own


@pytest.mark.parametrize("is_known", [True, False])
def test_what_a_provider_says_of_an_address_is_kept_for_those_who_tell_it_later(is_known: bool) -> None:
    people = People()
    if is_known:
        people.identify(BEN, T0, email=MAIL)
    for entry in entries_told("demo", [Told("dead", "anna@example.com")], now=T0, partitions=1):
        people.tell(entry.kind, entry.data, T0)
    people.identify(ANNA, T0 + 1, email=MAIL)
    assert unreachable(people.states[ANNA], "email", SHOP) == "e-mail address is dead"


def test_a_bounce_of_a_mail_to_who_was_erased_makes_nobody() -> None:
    people = People()
    for note in (gone("anna@mail.example"), DeliveryNote(VISITOR, "m", "j", "sent")):
        people.tell("delivery", msgspec.json.encode(note), T0)
    assert not people.states


def test_in_any_order_and_twice_the_same_are_dead() -> None:
    notes = [gone(f"{name}@mail.example") for name in "abc"]
    ends = set()
    for order in permutations(notes):
        state = known("x@mail.example")
        for note in (*order, *order):
            lose_address(state, note, T0)
        ends.add(tuple(state.mail_dead))
    assert len(ends) == 1
    many, back = known("x@mail.example"), known("x@mail.example")
    lots = [gone(f"{n}@mail.example") for n in range(3 * KEEP_DEAD)]
    for note, other in zip(lots, reversed(lots), strict=True):
        lose_address(many, note, T0)
        lose_address(back, other, T0)
    assert many.mail_dead == back.mail_dead and len(many.mail_dead) == KEEP_DEAD
