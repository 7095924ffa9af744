"""Which browsers a hub keeps where more tell its word than it has places for."""

from __future__ import annotations

import random

import msgspec
import pytest

from heimta.ingest.entry import JoinNote
from heimta.model.event import Customer
from heimta.model.visitor import KEEP_MEMBERS
from tests.worker.people import ANNA, BEN, MAIL, People, hub
from tests.worker.shop import T0
from tests.worker.test_hubs import DAY, members, pair


def test_a_person_has_so_many_browsers_and_the_first_and_the_newest_are_kept() -> None:
    people, half = People(), KEEP_MEMBERS // 2
    names = [f"browser-{number:014d}" for number in range(KEEP_MEMBERS + 5)]
    for number, who in enumerate(names):
        people.identify(who, T0 + number * DAY, email=MAIL)
    assert members(people, hub()) == {*names[:half], *names[-half:]}
    assert set(people.states[hub()].joined) == members(people, hub())


def test_made_up_browsers_that_tell_an_address_push_none_of_the_person_s_out() -> None:
    people = pair()
    for number in range(3 * KEEP_MEMBERS):
        people.identify(f"made-up-{number:014d}", T0 + DAY + number, email=MAIL)
    assert {ANNA, BEN} <= members(people, hub()) and len(members(people, hub())) == KEEP_MEMBERS
    people.order(T0 + 2 * DAY, ANNA)
    assert people.states[BEN].heard_at == T0 + 2 * DAY, "what was bought on the laptop reaches the phone"


def test_orders_of_guests_take_no_browser_s_place() -> None:
    people = pair()
    for number in range(KEEP_MEMBERS + 5):
        people.order(T0 + DAY + number, customer=Customer(email=MAIL), name=f"o-{number}")
    assert {ANNA, BEN} <= members(people, hub())


@pytest.mark.parametrize("seed", range(10))
def test_who_is_kept_does_not_depend_on_the_order_in_which_they_are_heard(seed: int) -> None:
    """Each browser tells the word once or several times, more of them than there are places."""
    dice = random.Random(seed)
    names = [f"browser-{number:014d}" for number in range(KEEP_MEMBERS + 15)]
    told = {name: sorted(dice.sample(range(1, 40), dice.randint(1, 3))) for name in names}
    found = set()
    for _ in range(5):
        people, order = People(), names.copy()
        dice.shuffle(order)
        for name in order:
            days = [T0 // DAY + day for day in told[name]]
            note = JoinNote(hub(), name, days[-1], new=True, first=days[0] * DAY)
            early = JoinNote(hub(), name, days[0], new=True, first=days[0] * DAY)
            for each in dice.sample([note, early, note], 3):
                people.tell("relay", msgspec.json.encode(each), T0)
        found.add(frozenset(members(people, hub())))
    assert len(found) == 1
