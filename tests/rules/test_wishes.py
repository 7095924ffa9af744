"""What a person chose in several browsers: each can ask for less, and lifts nothing of another's."""

from __future__ import annotations

import itertools

import pytest

from heimta.model.person import hub_of
from heimta.model.visitor import Identity, Preferences, Stamp, VisitorState
from heimta.rules.wishes import less_of, wishes_of

HUB = hub_of("demo", "email", "anna@b.example")


def at(ms: int) -> Stamp:
    return (ms, "x", 0)


def chosen(ms: int, *off: str, pace: str = "normal", until: int = 0) -> Preferences:
    return Preferences([*off], pace, until, at(ms))  # type: ignore[list-item, arg-type]


CALM = chosen(1, "cart", pace="less", until=50)
BUSY = chosen(2, "news", until=90)


@pytest.mark.parametrize(("one", "two"), [*itertools.permutations((CALM, BUSY))])
def test_what_both_ask_for_is_the_less_of_each(one: Preferences, two: Preferences) -> None:
    assert less_of(one, two) == chosen(2, "cart", "news", pace="less", until=90)


def test_one_wish_alone_is_that_wish() -> None:
    assert less_of(None, CALM) == CALM


def known(own: Preferences | None, **heard: Preferences) -> VisitorState:
    names = {"hub": HUB, "other": "o" * 22}
    told = {names[name]: wish for name, wish in heard.items()}
    identity = Identity(email="anna@b.example", email_of=at(1), email_words=[at(1)])
    return VisitorState("demo", "v" * 22, identity=identity, preferences=own, choices_heard=told)


@pytest.mark.parametrize(
    ("state", "wish"),
    [
        (known(None), None),
        (known(CALM), CALM),
        # Behind the link in a mail to their address: the newer of both, as it is.
        (known(CALM, hub=BUSY), BUSY),
        (known(BUSY, hub=CALM), BUSY),
        # In another browser: only less, and only what was asked for since.
        (known(CALM, other=chosen(3)), chosen(3, "cart", pace="less", until=50)),
        (known(chosen(3), other=CALM), chosen(3)),
        (known(None, other=CALM), CALM),
    ],
)
def test_whose_word_holds_whole_and_whose_can_only_ask_for_less(
    state: VisitorState, wish: Preferences | None
) -> None:
    assert wishes_of(state) == wish
