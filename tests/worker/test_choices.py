"""What is chosen in one browser holds for the person: by a mail's link, or on a page what asks for less."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest

from heimta.ingest.entry import PassedNote
from heimta.journeys.wanted import too_often, unwanted
from heimta.model.preferences import PreferencesNote, Topic
from heimta.model.visitor import KEEP_MEMBERS, Delivery, Preferences, VisitorState
from heimta.rules.preferences import Chosen, chosen
from tests.worker.people import ANNA, BEN, EVE, MAIL, People, hub
from tests.worker.shop import MINUTE, T0

DAY = 24 * 60 * MINUTE
PAUSE = T0 + 30 * DAY


def pair(chance: Random | None = None) -> People:
    people = People(chance=chance)
    for who in (ANNA, BEN):
        people.identify(who, T0, email=MAIL)
    return people


def on_page(people: People, who: str, at: int, *off: Topic, pace: Any = "normal", until: int = 0) -> None:
    note = PreferencesNote(who, off, pace, until=until, stop=False)
    people.tell("preferences", msgspec.json.encode(note), at)


def by_link(people: People, who: str, at: int, *off: Topic, pace: Any = "normal", until: int = 0) -> None:
    """As edge/preferences.py keeps it: for the browser that the mail was for, and for its address."""
    on_page(people, who, at, *off, pace=pace, until=until)
    there = Preferences(sorted(off), pace, until, (at, "link", 0))
    note = PassedNote(hub(), hub(), chosen=there, by=hub())
    people.tell("relay", msgspec.json.encode(note), at)


def held(people: People, who: str, now: int = T0 + DAY) -> tuple[tuple[Topic, ...], str, int]:
    """What decides, wherever it was chosen."""
    all_of_it: Chosen = chosen(people.states[who], now, among=[*people.states])
    return all_of_it.off, all_of_it.pace, all_of_it.until


def shown(people: People, who: str, now: int = T0 + DAY) -> tuple[tuple[Topic, ...], str, int]:
    """What the shop's page shows."""
    seen: Chosen = chosen(people.states[who], now)
    return seen.off, seen.pace, seen.until


CHANCES = [None, *map(Random, range(8))]


@pytest.mark.parametrize("way", [on_page, by_link])
@pytest.mark.parametrize("chance", CHANCES)
def test_a_topic_a_pace_and_a_pause_hold_in_every_browser(way: Any, chance: Random | None) -> None:
    people = pair(chance)
    way(people, ANNA, T0 + 1, "cart", pace="less")
    assert [unwanted(people.states[who], "cart", now=T0 + 2) for who in (ANNA, BEN)] == ["topic off"] * 2
    people.states[BEN].deliveries["m"] = Delivery("j", "sent", T0 + 2)
    assert too_often(people.states[BEN], now=T0 + 3) == "less often"
    way(people, ANNA, T0 + 4, "cart", until=PAUSE)
    assert held(people, ANNA) == held(people, BEN) == (("cart",), "pause", PAUSE)
    people.identify(EVE, T0 + 5, email=MAIL)
    assert held(people, EVE) == (("cart",), "pause", PAUSE), "who joins later is told"


@pytest.mark.parametrize("chance", CHANCES)
def test_what_the_link_in_a_mail_lifts_is_lifted_everywhere(chance: Random | None) -> None:
    people = pair(chance)
    on_page(people, BEN, T0 + 1, "cart", pace="less", until=PAUSE)
    by_link(people, ANNA, T0 + 2, "news")
    for who in (ANNA, BEN):
        assert held(people, who) == (("news",), "normal", 0)


@pytest.mark.parametrize("chance", CHANCES)
def test_who_types_an_address_in_lifts_nothing_that_was_said_elsewhere(chance: Random | None) -> None:
    people = pair(chance)
    on_page(people, ANNA, T0 + 1, "cart", until=PAUSE)
    by_link(people, BEN, T0 + 2, "news")
    people.identify(EVE, T0 + 3, email=MAIL)
    on_page(people, EVE, T0 + 4, "offers")
    for who in (ANNA, BEN):
        assert held(people, who) == (("offers", "news"), "normal", 0)
    on_page(people, EVE, T0 + 5)
    assert held(people, ANNA) == (("news",), "normal", 0), "her own word she may take back"
    assert held(people, EVE) == ((), "normal", 0)


@pytest.mark.parametrize("chance", CHANCES)
def test_each_browser_lifts_its_own_wishes_and_no_others(chance: Random | None) -> None:
    """The laptop wants nothing of carts, the phone hears of it; a stranger wants all."""
    people = pair(chance)
    on_page(people, ANNA, T0 + 1, "cart", pace="less")
    people.identify(EVE, T0 + 2, email=MAIL)
    on_page(people, EVE, T0 + 3)
    for who in (ANNA, BEN):
        assert unwanted(people.states[who], "cart", now=T0 + 4) == "topic off"
        assert held(people, who) == (("cart",), "less", 0)
    on_page(people, ANNA, T0 + 5, "news")
    assert held(people, BEN) == (("news",), "normal", 0)


@pytest.mark.parametrize("way", [on_page, by_link])
@pytest.mark.parametrize("word", ["email", "id"])
def test_who_types_in_a_word_sees_nothing_of_what_was_chosen_elsewhere(way: Any, word: str) -> None:
    people = pair()
    people.identify(ANNA, T0, id="c-1")
    way(people, ANNA, T0 + 1, "cart", pace="less")
    people.identify(EVE, T0 + 2, **({"email": MAIL} if word == "email" else {"id": "c-1"}))
    assert held(people, EVE) == (("cart",), "less", 0) and shown(people, EVE) == ((), "normal", 0)
    people.identify(EVE, T0 + 3, email="eve@example.com")
    hers = people.states[hub("eve@example.com")].members
    assert chosen(people.states[EVE], T0 + 4, among=(hub("eve@example.com"), *hers)).off == ()


def test_made_up_browsers_crowd_out_no_wish() -> None:
    people = pair()
    on_page(people, ANNA, T0 + 1, "cart")
    for n in range(2 * KEEP_MEMBERS):
        made_up = f"eve-{n:018d}"
        people.identify(made_up, T0 + 2 + n, email=MAIL)
        on_page(people, made_up, T0 + 2 + n)
        people.carried = 0
    tablet, later = "z-tablet--------------", T0 + DAY
    for who in (tablet, BEN):
        people.identify(who, later, email=MAIL)
        assert unwanted(people.states[who], "cart", now=later) == "topic off"
    assert max(len(state.choices_heard) for state in people.states.values()) <= KEEP_MEMBERS
    by_link(people, BEN, later + 1)
    assert unwanted(people.states[BEN], "cart", now=later + 2) == "", "the address's own word lifts all"


def test_a_browser_says_again_for_itself_what_another_had_said_for_it() -> None:
    people = pair()
    on_page(people, ANNA, T0 + 1, "cart")
    on_page(people, BEN, T0 + 2)
    assert held(people, BEN) == ((), "normal", 0) and held(people, ANNA) == (("cart",), "normal", 0)


def test_a_choice_goes_along_every_shared_word() -> None:
    people = pair()
    people.identify(BEN, T0, id="c-1")
    people.identify(EVE, T0, id="c-1")
    by_link(people, ANNA, T0 + 1, "cart")
    assert held(people, EVE) == (("cart",), "normal", 0)


def test_what_was_chosen_before_hubs_heard_of_it_is_told_within_a_month() -> None:
    people = pair()
    people.states[ANNA].preferences = Preferences(["cart"], "normal", 0, (T0, "cart normal 0", 0))
    people.event(ANNA, "page_viewed", T0 + 31 * DAY, {})
    assert held(people, BEN) == (("cart",), "normal", 0)


def test_hubs_and_notes_of_an_older_release_are_read() -> None:
    old = {"shop": "demo", "visitor": hub(), "members": {ANNA: 1}}
    state = msgspec.msgpack.decode(msgspec.msgpack.encode(old), type=VisitorState)
    assert state.choices_heard == {}
    people = pair()
    note = {"type": "passed", "vid": BEN, "hub": hub(), "stopped": T0 + 1}
    people.tell("relay", msgspec.json.encode(note), T0 + 1)
    assert people.states[BEN].withdrew and people.states[BEN].preferences is None
