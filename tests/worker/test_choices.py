"""What is chosen in one browser holds for the person: by a mail's link, or on a page what asks for less."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest

from heimta.ingest.entry import PassedNote
from heimta.journeys.wanted import too_often, unwanted
from heimta.model.preferences import PreferencesNote, Topic
from heimta.model.visitor import Delivery, Preferences, VisitorState
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
    note = PassedNote(hub(), hub(), chosen=there, by_link=True)
    people.tell("relay", msgspec.json.encode(note), at)


def shown(people: People, who: str, now: int = T0 + DAY) -> tuple[tuple[Topic, ...], str, int]:
    held: Chosen = chosen(people.states[who], now)
    return held.off, held.pace, held.until


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
    assert shown(people, ANNA) == shown(people, BEN) == (("cart",), "pause", PAUSE)
    people.identify(EVE, T0 + 5, email=MAIL)
    assert shown(people, EVE) == (("cart",), "pause", PAUSE), "who joins later is told"


@pytest.mark.parametrize("chance", CHANCES)
def test_what_the_link_in_a_mail_lifts_is_lifted_everywhere(chance: Random | None) -> None:
    people = pair(chance)
    on_page(people, BEN, T0 + 1, "cart", pace="less", until=PAUSE)
    by_link(people, ANNA, T0 + 2, "news")
    for who in (ANNA, BEN):
        assert shown(people, who) == (("news",), "normal", 0)


@pytest.mark.parametrize("chance", CHANCES)
def test_who_types_an_address_in_lifts_nothing_that_was_said_elsewhere(chance: Random | None) -> None:
    people = pair(chance)
    on_page(people, ANNA, T0 + 1, "cart", until=PAUSE)
    by_link(people, BEN, T0 + 2, "news")
    people.identify(EVE, T0 + 3, email=MAIL)
    on_page(people, EVE, T0 + 4, "offers")
    for who in (ANNA, BEN):
        assert shown(people, who) == (("offers", "news"), "normal", 0)
    on_page(people, EVE, T0 + 5)
    assert shown(people, ANNA) == (("news",), "normal", 0), "her own word she may take back"
    assert shown(people, EVE) == ((), "normal", 0)


def test_a_browser_says_again_for_itself_what_another_had_said_for_it() -> None:
    people = pair()
    on_page(people, ANNA, T0 + 1, "cart")
    on_page(people, BEN, T0 + 2)
    assert shown(people, BEN) == ((), "normal", 0) and shown(people, ANNA) == (("cart",), "normal", 0)


def test_a_choice_goes_along_every_shared_word() -> None:
    people = pair()
    people.identify(BEN, T0, id="c-1")
    people.identify(EVE, T0, id="c-1")
    by_link(people, ANNA, T0 + 1, "cart")
    assert shown(people, EVE) == (("cart",), "normal", 0)


def test_what_was_chosen_before_hubs_heard_of_it_is_told_within_a_month() -> None:
    people = pair()
    people.states[ANNA].preferences = Preferences(["cart"], "normal", 0, (T0, "cart normal 0", 0))
    people.event(ANNA, "page_viewed", T0 + 31 * DAY, {})
    assert shown(people, BEN) == (("cart",), "normal", 0)


def test_hubs_and_notes_of_an_older_release_are_read() -> None:
    old = {"shop": "demo", "visitor": hub(), "members": {ANNA: 1}}
    state = msgspec.msgpack.decode(msgspec.msgpack.encode(old), type=VisitorState)
    assert state.preferences_heard is None
    people = pair()
    note = {"type": "passed", "vid": BEN, "hub": hub(), "stopped": T0 + 1}
    people.tell("relay", msgspec.json.encode(note), T0 + 1)
    assert people.states[BEN].withdrew and people.states[BEN].preferences is None
