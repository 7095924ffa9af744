"""A yes is for one address: when another one takes its place, it holds for that no more, whoever said it."""

from __future__ import annotations

import itertools
from random import Random

import msgspec
import pytest

from heimta.model.channel import Channel
from heimta.model.person import hub_of
from heimta.rules.consented import consented
from loadtest.stories import Told
from tests.worker.people import ANNA, BEN, People
from tests.worker.shop import MINUTE, T0, batch
from tests.worker.test_counted_once import DEEP, VISITOR, run, same
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
    assert consented(people.states[BEN], channel, confirm="never") == "", "said of the new one"


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


@pytest.mark.parametrize("seed", range(150 * DEEP))
def test_who_is_told_on_one_browser_and_what_they_agree_to_comes_to_the_same_in_any_order(seed: int) -> None:
    """Two customers with two addresses and numbers each, at times that meet."""
    chance = Random(seed)
    story = [_anything(chance, n) for n in range(chance.randint(2, 9))]
    shuffled = [each for each in story for _ in range(chance.randint(1, 3))]
    chance.shuffle(shuffled)
    same(run([(T0 + 60 * MINUTE, story)]), run([(T0 + 60 * MINUTE, shuffled)]))


def _anything(chance: Random, number: int) -> Told:
    at = T0 + chance.randint(0, 9) * MINUTE
    if chance.random() < 0.3:
        channel: Channel = chance.choice(["email", "sms"])
        return Told("consent", at, consent(VISITOR, channel, yes=chance.random() < 0.8, at=at))
    words = {
        "id": chance.choice(["", "", "c-1", "c-2"]),
        "email": chance.choice(["", "a@b.example", "A@b.example", "b@b.example"]),
        "phone": chance.choice(["", HERS, HIS]),
        "consent": chance.choice(["", "Yes"]),
    }
    name, props = "visitor_identified", {kind: word for kind, word in words.items() if word}
    if chance.random() < 0.1:
        name, props = "consent_changed", {"analytics": True, "marketing": chance.random() < 0.5}
    return Told("batch", T0 + 30 * MINUTE, batch((name, at, props), vid=VISITOR, first=number))
