"""One person, several browsers: an order or a no of one is one of all; and nobody is joined on a guess."""

from __future__ import annotations

import dataclasses
import itertools
import json
import random

import msgspec
import pytest

from heimta.ingest.entry import BoughtNote, JoinNote, PassedNote
from heimta.model.channel import Channel
from heimta.model.consent import ConsentNote
from heimta.model.event import Customer
from heimta.model.person import hub_of, hubs_of, is_hub, names_of
from heimta.rules.consented import consented
from heimta.rules.mail.addresses import mark_of
from tests.worker.people import ANNA, BEN, EVE, MAIL, People, hub
from tests.worker.shop import CONTEXT, JOURNEY, MINUTE, T0

DAY = 24 * 60 * MINUTE


def pair(chance: random.Random | None = None) -> People:
    """Two browsers that told one address, spelled differently; the second has a cart that is left."""
    people = People(chance=chance)
    people.identify(ANNA, T0, email=MAIL)
    people.identify(BEN, T0, email=" anna@example.COM".strip())
    people.fill(BEN, T0)
    return people


def consent(vid: str, channel: Channel, *, yes: bool, at: int, why: str = "centre") -> bytes:
    return msgspec.json.encode({"vid": vid, "channel": channel, "yes": yes, "why": why, "at": at})


def members(people: People, name: str) -> set[str]:
    return set(people.states[name].members) if name in people.states else set()


def test_two_browsers_that_told_the_same_address_share_a_name() -> None:
    people = pair()
    one, two = people.states[ANNA], people.states[BEN]
    assert set(names_of(one)) & set(names_of(two)) == {hub()}
    assert members(people, hub()) == {ANNA, BEN}
    assert is_hub(hub()) and len(hub()) == 22 and not is_hub(ANNA)


@pytest.mark.parametrize("way", ["webhook", "browser"])
def test_an_order_on_one_device_ends_what_another_had_begun(way: str) -> None:
    people = pair()
    assert people.fire(BEN, T0 + 30 * MINUTE) == ["remind"]
    if way == "webhook":
        people.order(T0 + 31 * MINUTE, ANNA)
    else:
        people.event(ANNA, "order_completed", T0 + 31 * MINUTE, {"order": "o-1"})
    assert {e.ended for e in people.states[BEN].enrollments.values()} == {"ordered"}
    assert not people.states[BEN].orders


def test_an_order_by_a_restored_cart_elsewhere_is_one_of_the_whole_person() -> None:
    people = pair()
    told = {"vid": ANNA, "other": EVE, "order": "o-1", "minor": 1, "currency": "EUR", "at": T0 + MINUTE}
    people.tell("relay", json.dumps(told).encode(), T0 + MINUTE)
    assert people.fire(BEN, T0 + 31 * MINUTE) == []


def test_a_no_said_before_the_address_is_told_counts_for_all_too() -> None:
    people = People()
    people.identify(ANNA, T0, email=MAIL)
    people.tell("consent", consent(BEN, "email", yes=False, at=T0), T0)
    people.tell("consent", consent(ANNA, "email", yes=True, at=T0 - 1, why="given"), T0)
    people.identify(BEN, T0 + MINUTE, email=MAIL)
    assert consented(people.states[ANNA], "email") == "channel off"


def test_a_no_goes_along_every_shared_word_and_an_order_does_not() -> None:
    people = People()
    people.identify(ANNA, T0, email=MAIL)
    people.identify(BEN, T0, email=MAIL, id="c-1")
    people.identify(EVE, T0, id="c-1")
    people.tell("consent", consent(ANNA, "push", yes=False, at=T0 + MINUTE), T0 + MINUTE)
    people.order(T0 + MINUTE, ANNA)
    assert people.states[EVE].consents["push"].no[0] == T0 + MINUTE
    assert (people.states[BEN].bought_at, people.states[EVE].bought_at) == (T0 + MINUTE, 0)


def test_an_order_before_the_silence_keeps_the_other_device_s_journey_from_beginning() -> None:
    people = pair()
    people.order(T0 + 10 * MINUTE, ANNA)
    assert people.fire(BEN, T0 + 30 * MINUTE) == []


@pytest.mark.parametrize(
    "customer",
    [Customer(email="anna@example.com"), Customer(phone="+49 170 1234567"), Customer(id="c-7")],
)
def test_an_order_that_names_no_browser_finds_all_by_the_shop_s_own_words(customer: Customer) -> None:
    people = People()
    for who in (ANNA, BEN):
        people.identify(who, T0, id="c-7", email=MAIL, phone="+491701234567")
        people.fill(who, T0)
    people.order(T0 + MINUTE, customer=customer)
    assert people.fire(ANNA, T0 + 31 * MINUTE) == [] and people.fire(BEN, T0 + 31 * MINUTE) == []


def test_the_order_counts_once_and_for_the_browser_that_placed_it() -> None:
    people = pair()
    people.order(T0 + MINUTE, ANNA, Customer(email=MAIL))
    counted = [name for day in people.effects.counts.values() for name, by in day.items() if by > 0]
    assert sum(name.endswith(":orders") for name in counted) == 1
    assert not any("recovered" in name for name in counted)


def test_who_tells_the_address_after_the_order_is_not_chased_for_what_was_before() -> None:
    people = People()
    people.identify(ANNA, T0, email=MAIL)
    people.order(T0 + 2 * MINUTE, ANNA)
    people.fill(BEN, T0 + MINUTE)
    people.identify(BEN, T0 + 3 * MINUTE, email=MAIL)
    assert people.fire(BEN, T0 + 40 * MINUTE) == []


def test_a_cart_that_is_filled_after_the_order_is_chased() -> None:
    people = pair()
    people.order(T0 + MINUTE, ANNA)
    people.fill(BEN, T0 + 10 * MINUTE)
    assert people.fire(BEN, T0 + 40 * MINUTE) == ["remind"]
    people.tell("relay", msgspec.json.encode(BoughtNote(BEN, hub(), "", T0 + MINUTE)), T0 + DAY)  # late copy
    assert {e.ended for e in people.states[BEN].enrollments.values()} == {"done"}


def test_an_order_that_is_heard_of_late_ends_nothing_that_began_after_it() -> None:
    people = People()
    people.identify(ANNA, T0, email=MAIL)
    people.order(T0 + MINUTE, ANNA)
    people.fill(BEN, T0 + 10 * MINUTE)
    assert people.fire(BEN, T0 + 40 * MINUTE) == ["remind"]
    people.identify(BEN, T0 + 41 * MINUTE, email=MAIL)
    assert people.states[BEN].heard_at == T0 + MINUTE
    assert {e.ended for e in people.states[BEN].enrollments.values()} == {"done"}


def test_nothing_is_merged_beyond_a_shared_word() -> None:
    """Anna shares an address with Ben and an id with Eve: an order of Ben's is none of Eve's."""
    people = People()
    people.identify(ANNA, T0, email=MAIL, id="c-1")
    people.identify(BEN, T0, email=MAIL)
    people.identify(EVE, T0, id="c-1")
    for who in (ANNA, EVE):
        people.fill(who, T0)
    people.order(T0 + MINUTE, BEN)
    assert people.fire(ANNA, T0 + 31 * MINUTE) == [] and people.fire(EVE, T0 + 31 * MINUTE) == ["remind"]


def test_a_typo_that_is_mended_parts_what_it_joined() -> None:
    people = People()
    people.identify(EVE, T0, email="anna@example.com")
    people.identify(ANNA, T0, email="anna@example.com")
    people.identify(ANNA, T0 + MINUTE, email="hanna@example.com")
    assert members(people, hub()) == {EVE} and members(people, hub("hanna@example.com")) == {ANNA}
    people.fill(ANNA, T0 + MINUTE)
    people.order(T0 + 2 * MINUTE, EVE)
    assert people.fire(ANNA, T0 + 40 * MINUTE) == ["remind"]


def test_a_hub_that_believes_in_a_member_too_long_stops_nobody() -> None:
    people = pair()
    people.identify(BEN, T0 + MINUTE, email="ben@example.com")
    people.fill(BEN, T0 + MINUTE)
    late = msgspec.json.encode(JoinNote(hub(), BEN, T0 // DAY))  # a copy that was on its way for long
    people.tell("relay", late, T0 + 2 * MINUTE)
    people.order(T0 + 3 * MINUTE, ANNA)
    assert people.fire(BEN, T0 + 40 * MINUTE) == ["remind"]


def test_withdrawn_consent_parts_and_a_later_yes_joins_again() -> None:
    people = pair()
    people.event(BEN, "consent_changed", T0 + MINUTE, {"analytics": True, "marketing": False})
    assert members(people, hub()) == {ANNA}
    people.identify(BEN, T0 + 2 * MINUTE, email=MAIL)
    assert members(people, hub()) == {ANNA, BEN}


def test_a_no_of_one_is_a_no_of_all_and_a_yes_is_not() -> None:
    people = pair()
    for who in (ANNA, BEN):
        people.tell("consent", consent(who, "email", yes=True, at=T0, why="given"), T0)
    people.tell("consent", consent(ANNA, "email", yes=False, at=T0 + MINUTE), T0 + MINUTE)
    assert [consented(people.states[who], "email") for who in (ANNA, BEN)] == ["channel off"] * 2
    people.tell("consent", consent(BEN, "email", yes=True, at=T0 + 2 * MINUTE, why="given"), T0 + 2 * MINUTE)
    words = [consented(people.states[who], "email", confirm="never") for who in (ANNA, BEN)]
    assert words == ["channel off", ""]


def test_who_joins_later_is_told_of_the_no() -> None:
    people = People()
    people.tell("consent", consent(hub(), "email", yes=False, at=T0 + MINUTE, why="stop_word"), T0 + MINUTE)
    people.tell("consent", consent(ANNA, "email", yes=True, at=T0, why="given"), T0)
    people.identify(ANNA, T0 + 2 * MINUTE, email=MAIL)
    held = people.states[ANNA].consents["email"]
    assert (held.no, held.no_why) == ((T0 + MINUTE, "stop_word", 0), "stop_word")
    assert consented(people.states[ANNA], "email") == "channel off"


def test_a_phone_that_says_stop_and_start_speaks_for_all_its_browsers() -> None:
    people = People()
    phone = hub_of("demo", "phone", "+491701234567")
    for who in (ANNA, BEN):
        people.identify(who, T0, phone="+49 170 1234567")
        people.tell("consent", consent(who, "sms", yes=True, at=T0, why="given"), T0)
    people.tell("consent", consent(phone, "sms", yes=False, at=0, why="stop_word"), T0 + MINUTE)
    assert [consented(people.states[who], "sms") for who in (ANNA, BEN)] == ["channel off"] * 2
    people.tell("consent", consent(phone, "sms", yes=True, at=0, why="start_word"), T0 + 2 * MINUTE)
    assert [consented(people.states[who], "sms") for who in (ANNA, BEN)] == ["", ""]


@pytest.mark.parametrize("first", ["order", "stop"])
def test_a_stop_holds_for_messages_about_an_order_that_named_no_browser(first: str) -> None:
    service = msgspec.structs.replace(JOURNEY, id="sent", service=True)
    people = People(dataclasses.replace(CONTEXT, journeys={"sent": (service, 1)}))
    phone = hub_of("demo", "phone", "+491701234567")
    for step in ("order", "stop") if first == "order" else ("stop", "order"):
        if step == "order":
            people.order(T0, customer=Customer(phone="+49 170 1234567"))
        else:
            people.tell("consent", consent(phone, "sms", yes=False, at=0, why="stop_word"), T0 + MINUTE)
    [guest] = [state for name, state in people.states.items() if not is_hub(name)]
    assert consented(guest, "sms", service=True) == "channel refused"
    assert guest.orders["o-1"].customer == Customer(phone="+491701234567")


def test_a_refused_address_is_told_to_those_who_gave_that_address_alone() -> None:
    people = People()
    people.identify(ANNA, T0, id="c-1", email=MAIL)
    people.identify(BEN, T0, id="c-1", email="other@example.com")
    people.tell("consent", consent(ANNA, "email", yes=False, at=T0 + 1, why="refused"), T0 + 1)
    assert people.states[hub()].consents["email"].no_why == "refused"
    assert people.states[BEN].consents["email"].no_why == ""


def test_a_stop_of_everything_stops_every_browser() -> None:
    people = pair()
    people.fire(BEN, T0 + 30 * MINUTE)
    note = {"vid": ANNA, "off": [], "pace": "normal", "until": 0, "stop": True}
    people.tell("preferences", json.dumps(note).encode(), T0 + 31 * MINUTE)
    assert people.states[BEN].withdrew
    assert {e.ended for e in people.states[BEN].enrollments.values()} == {"stopped"}
    people.identify(EVE, T0 + 32 * MINUTE, email=MAIL)
    assert people.states[EVE].stopped[0] == T0 + 31 * MINUTE


def test_a_stop_that_an_address_heard_reaches_who_has_it_although_nobody_sent_it_is_known() -> None:
    """By the link in a mail to a browser that has erased itself since (edge/preferences.py)."""
    people = People()
    people.identify(BEN, T0, email=MAIL)
    people.tell("relay", msgspec.json.encode(PassedNote(hub(), hub(), stopped=T0 + 1)), T0 + 1)
    assert people.states[BEN].withdrew
    people.identify(EVE, T0 + 2, email=MAIL)
    assert people.states[EVE].withdrew


def test_a_browser_that_push_was_taken_from_speaks_for_itself() -> None:
    people = pair()
    people.tell("push", json.dumps({"vid": ANNA, "subscription": None}).encode(), T0 + MINUTE)
    assert people.states[ANNA].withdrew and not people.states[BEN].withdrew


def test_an_address_is_no_credential() -> None:
    """Whoever types Anna's address in learns nothing of her: only that something was ordered, or refused."""
    people = pair()
    people.event(ANNA, "cart_updated", T0, {"cart": {
        "id": "anna-cart--", "currency": "EUR", "exponent": 2, "total_minor": 4200,
        "lines": [{"sku": "secret-sku", "name": "Secret present", "qty": 1, "unit_minor": 4200}],
    }})  # fmt: skip
    people.identify(ANNA, T0 + 1, phone="+491701234567", id="c-1")
    people.order(T0 + MINUTE, ANNA, Customer(email=MAIL, phone="+491701234567"))
    people.identify(EVE, T0 + 2 * MINUTE, email=MAIL)
    held = msgspec.json.encode(people.states[EVE])
    for secret in (b"secret", b"Secret", b"1701234567", b"c-1", b"o-1", ANNA.encode(), BEN.encode()):
        assert secret not in held
    assert b"anna@" not in msgspec.json.encode(people.states[hub()]).lower()


def test_an_order_of_nobody_known_makes_no_new_browser() -> None:
    people = People()
    people.order(T0, customer=Customer(email=MAIL))
    assert sum(not is_hub(name) for name in people.states) == 1  # the made-up one that has the order
    people.tell("relay", msgspec.json.encode(BoughtNote(ANNA, hub(), "", T0)), T0)
    people.tell("relay", msgspec.json.encode(PassedNote(ANNA, hub(), stopped=T0)), T0)
    assert ANNA not in people.states


def test_who_comes_back_after_a_month_tells_the_hub_again() -> None:
    """Else the hub would be forgotten while the browser still comes."""
    people = pair()
    people.carried = 0
    people.event(ANNA, "page_viewed", T0 + DAY, {})
    people.event(ANNA, "page_viewed", T0 + 31 * DAY, {})
    assert people.carried == 1


@pytest.mark.parametrize("seed", range(20))
def test_copies_and_any_order_of_notes_lead_to_the_same(seed: int) -> None:
    """Each note between partitions up to three times, shuffled among its neighbours."""
    assert outcome(random.Random(seed)) == outcome(None)


def outcome(chance: random.Random | None) -> list[object]:
    people = pair(chance)
    people.identify(EVE, T0 + 1, email=MAIL, id="c-1")
    people.order(T0 + MINUTE, EVE)
    people.tell("consent", consent(EVE, "email", yes=False, at=T0 + MINUTE), T0 + MINUTE)
    people.identify(BEN, T0 + 2 * MINUTE, email="ben@example.com")
    people.fill(BEN, T0 + 5 * MINUTE)
    people.order(T0 + 6 * MINUTE, EVE, name="o-2")
    people.identify(BEN, T0 + 7 * MINUTE, email=MAIL)
    return [
        sorted(people.states[hub()].members),
        {who: (state.bought_at, state.consents) for who, state in people.states.items()},
        people.fire(BEN, T0 + 40 * MINUTE),
    ]


def test_the_order_in_which_a_browser_s_words_come_joins_the_same() -> None:
    words = [
        ("visitor_identified", T0 + MINUTE, {"email": "old@example.com", "id": "c-1"}),
        ("visitor_identified", T0 + 2 * MINUTE, {"email": MAIL}),
        ("visitor_identified", T0 + 3 * MINUTE, {"phone": "+491701234567"}),
    ]
    found = set()
    for order in itertools.permutations(words):
        people = People()
        people.order(T0 + 4 * MINUTE, EVE, Customer(email=MAIL))
        for name, at, props in order:
            people.event(ANNA, name, at, props)
        joined = frozenset(name for name, state in people.states.items() if ANNA in state.members)
        assert joined == set(hubs_of(people.states[ANNA]))
        found.add((joined, people.states[ANNA].bought_at))
    assert len(found) == 1


def test_relays_of_an_older_release_are_read() -> None:
    people = pair()
    old = {"vid": BEN, "other": EVE, "order": "x", "minor": 1, "currency": "EUR", "at": T0 + MINUTE}
    people.tell("relay", json.dumps(old).encode(), T0 + MINUTE)
    assert people.states[BEN].elsewhere[EVE].id == "x"


def test_a_consent_note_may_name_a_hub_and_no_browser_can() -> None:
    assert msgspec.json.decode(consent(hub(), "sms", yes=False, at=0), type=ConsentNote).vid == hub()
    people = People()
    with pytest.raises(Exception, match="vid"):
        people.event(hub(), "order_completed", T0, {"order": "o-1"})


@pytest.mark.parametrize("chance", [None, random.Random(4)])
def test_a_dead_address_is_dead_for_every_browser_that_told_it(chance: random.Random | None) -> None:
    people = pair(chance)
    mark = mark_of("demo", "anna@example.com")
    dead = {"message": "", "journey": "", "outcome": "gone", "reason": "bounce", "channel": "email"}
    people.tell("delivery", json.dumps({"vid": ANNA, **dead, "address": mark}).encode(), T0 + MINUTE)
    assert people.states[hub()].mail_dead == people.states[BEN].mail_dead == [mark]
    people.identify(EVE, T0 + 2 * MINUTE, email=MAIL)  # who comes later is told
    assert people.states[EVE].mail_dead == [mark]


def test_a_provider_tells_the_hub_and_another_address_lives() -> None:
    people = pair()
    people.identify(EVE, T0, email="eve@example.com", id="c-1")
    people.identify(ANNA, T0 + MINUTE, id="c-1")
    mark = mark_of("demo", "anna@example.com")
    note = {
        "vid": hub(),
        "message": "",
        "journey": "",
        "outcome": "gone",
        "channel": "email",
        "address": mark,
    }
    people.tell("delivery", json.dumps(note).encode(), T0 + MINUTE)
    assert people.states[ANNA].mail_dead == people.states[BEN].mail_dead == [mark]
    assert people.states[EVE].mail_dead == []  # one customer id, another address
    people.identify(BEN, T0 + 2 * MINUTE, email="ben@example.com")
    assert people.states[hub("ben@example.com")].mail_dead == []
