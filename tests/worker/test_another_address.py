"""A yes is for one address: when another one takes its place, it holds for that no more, whoever said it."""

from __future__ import annotations

import itertools
from random import Random

import msgspec
import pytest

from heimta.model.channel import Channel
from heimta.model.person import hub_of
from heimta.rules.consented import consented
from tests.worker.people import ANNA, BEN, People
from tests.worker.shop import MINUTE, T0
from tests.worker.test_fold import fold, told
from tests.worker.test_hubs import consent

HERS, HIS = "+491701234567", "+491707654321"
CHANCES = [None, *map(Random, range(6))]
AGREED = {"campaign": "news", "consent": "Yes, write to me.", "consent_version": "1"}


def says(people: People, number: str, word: str, at: int) -> None:
    hub = hub_of("demo", "phone", number)
    people.tell("consent", consent(hub, "sms", yes=word == "start", at=at, why=f"{word}_word"), at)


@pytest.mark.parametrize("chance", CHANCES)
def test_who_said_stop_hears_nothing_by_the_start_of_the_number_before(chance: Random | None) -> None:
    people = People(chance=chance)
    people.identify(ANNA, T0, phone=HERS)
    says(people, HIS, "stop", T0 + 5 * MINUTE)
    says(people, HERS, "start", T0 + 10 * MINUTE)
    assert consented(people.states[ANNA], "sms") == ""
    people.identify(ANNA, T0 + 20 * MINUTE, phone=HIS)
    assert consented(people.states[ANNA], "sms") == "channel off"
    assert consented(people.states[ANNA], "sms", service=True) == "channel refused"


@pytest.mark.parametrize("chance", CHANCES)
def test_the_start_of_the_new_number_holds_though_it_is_older_than_the_former_ones(
    chance: Random | None,
) -> None:
    people = People(chance=chance)
    says(people, HIS, "start", T0 + MINUTE)
    people.identify(BEN, T0 + 2 * MINUTE, phone=HIS)
    people.identify(ANNA, T0, phone=HERS)
    says(people, HERS, "start", T0 + 10 * MINUTE)
    people.identify(ANNA, T0 + 20 * MINUTE, phone=HIS)
    assert consented(people.states[ANNA], "sms") == ""
    assert people.states[ANNA].consents["sms"].word_yes[0] == T0 + MINUTE
    says(people, HERS, "stop", T0 + 30 * MINUTE)
    assert consented(people.states[ANNA], "sms") == "", "she has left that number"
    says(people, HIS, "stop", T0 + 40 * MINUTE)
    assert [consented(people.states[who], "sms") for who in (ANNA, BEN)] == ["channel off"] * 2


@pytest.mark.parametrize(
    ("channel", "kind", "first", "second"),
    [("email", "email", "a@b.example", "b@b.example"), ("sms", "phone", HERS, HIS)],
)
def test_a_yes_in_the_preference_centre_is_for_the_address_there_was(
    channel: Channel, kind: str, first: str, second: str
) -> None:
    people = People()
    people.identify(ANNA, T0, **{kind: second})
    people.tell("consent", consent(ANNA, channel, yes=False, at=T0 + 1), T0 + 1)
    people.identify(BEN, T0, **{kind: first})
    people.tell("consent", consent(BEN, channel, yes=True, at=T0 + MINUTE), T0 + MINUTE)
    assert consented(people.states[BEN], channel) == ""
    people.identify(BEN, T0 + 2 * MINUTE, **{kind: second})
    assert consented(people.states[BEN], channel) == "channel off"
    people.tell("consent", consent(BEN, channel, yes=True, at=T0 + 3 * MINUTE), T0 + 3 * MINUTE)
    assert consented(people.states[BEN], channel) == "", "said of the new one"


@pytest.mark.parametrize("with_yes", [True, False])
def test_the_yes_that_comes_with_a_mended_address_holds_whatever_is_told_first(with_yes: bool) -> None:
    typo = told("visitor_identified", T0, {"email": "anan@b.example", **AGREED}, 1)
    mended = {"email": "anna@b.example", **(AGREED if with_yes else {})}
    steps = [
        typo,
        told("visitor_identified", T0 + MINUTE, {"email": "anan@b.example"}, 2),
        told("visitor_identified", T0 + 2 * MINUTE, mended, 3),
        told("visitor_identified", T0 + 3 * MINUTE, {"email": "Anna@b.example"}, 4),
    ]
    found = set()
    for order in itertools.permutations(steps):
        state, _ = fold(list(order))
        assert consented(state, "email") == ""
        assert (state.consents["email"].yes[0] == T0 + 2 * MINUTE) == with_yes
        found.add(msgspec.json.encode([state.identity, state.consents]))
    assert len(found) == 1


def test_back_and_forth_only_what_came_with_the_last_turn_counts_in_any_order() -> None:
    words = ["a@b.example", "b@b.example", "a@b.example", "a@b.example", "b@b.example"]
    steps = [
        told("visitor_identified", T0 + n * MINUTE, {"email": word}, n) for n, word in enumerate(words, 1)
    ]
    found = set()
    for order in itertools.permutations(steps):
        state, _ = fold(list(order))
        assert state.identity is not None and state.identity.email_from[0] == T0 + 5 * MINUTE
        found.add(msgspec.json.encode([state.identity, state.consents]))
    assert len(found) == 1
