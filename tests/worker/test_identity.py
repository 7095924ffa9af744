"""Whom the shop says a visitor is: the newest word counts, and a no forgets what came before it."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from heimta.ingest.decode import BadBody, decode
from heimta.model.event import PROPS, VisitorIdentified
from heimta.model.visitor import Proof, VisitorState
from tests.worker.shop import MINUTE, T0
from tests.worker.test_fold import fold, told

NO = {"analytics": True, "marketing": False}
YES = {"analytics": True, "marketing": True}


def known(state: VisitorState) -> tuple[str, str, str]:
    who = state.identity
    return (who.id, who.email, who.phone) if who else ("", "", "")


def test_each_word_is_the_newest_that_was_told() -> None:
    state, _ = fold(
        [
            told("visitor_identified", T0, {"id": "c-1", "email": "a@b.example"}, 1),
            told("visitor_identified", T0 + MINUTE, {"email": "new@b.example"}, 2),
            told("visitor_identified", T0 + 2 * MINUTE, {"phone": "+354 555 1234"}, 3),
        ]
    )
    assert known(state) == ("c-1", "new@b.example", "+3545551234")


def test_who_signs_in_on_the_same_device_does_not_take_over_where_the_other_is_written_to() -> None:
    """In whatever order it is told: what came up to the other's last word is the other's."""
    steps = [
        told("visitor_identified", T0, {"id": "c-1", "email": "a@b.example", "wants": "cart"}, 1),
        told("visitor_identified", T0 + MINUTE, {"id": "c-1"}, 2),
        told("visitor_identified", T0 + 2 * MINUTE, {"id": "c-2", "phone": "+3545551234"}, 3),
        told("visitor_identified", T0 + 3 * MINUTE, {"id": "c-2"}, 4),
    ]
    folded = [fold(list(order))[0] for order in itertools.permutations(steps)]
    assert {known(state) for state in folded} == {("c-2", "", "+3545551234")}
    assert len({msgspec.json.encode(state.identity) for state in folded}) == 1


def test_an_address_told_before_somebody_signed_in_is_kept() -> None:
    """A popup asked for it, and then they logged in."""
    steps = [
        told("visitor_identified", T0, {"email": "a@b.example"}, 1),
        told("visitor_identified", T0 + MINUTE, {"id": "c-1"}, 2),
    ]
    assert {known(fold(list(order))[0]) for order in itertools.permutations(steps)} == {
        ("c-1", "a@b.example", "")
    }


@pytest.mark.parametrize("nobody", ["0", "null", "undefined", "Guest", " "])
def test_what_a_template_writes_for_nobody_names_nobody(nobody: str) -> None:
    signed_in = told("visitor_identified", T0, {"id": "c-1", "email": "a@b.example"}, 1)
    state, _ = fold([signed_in, told("visitor_identified", T0 + MINUTE, {"id": nobody}, 2)])
    assert known(state) == ("c-1", "a@b.example", "")


def test_a_no_forgets_what_came_before_it_and_a_later_word_is_kept() -> None:
    first = told("visitor_identified", T0, {"id": "c-1", "email": "a@b.example"}, 1)
    no = told("consent_changed", T0 + MINUTE, NO, 2)
    state, _ = fold([first, no])
    assert state.identity is None
    state, _ = fold([told("visitor_identified", T0 + 2 * MINUTE, {"id": "c-1"}, 3)], state)
    assert known(state) == ("c-1", "", "")


def test_any_order_leads_to_the_same_bytes() -> None:
    steps = [
        told("visitor_identified", T0, {"id": "c-1", "email": "old@b.example"}, 1),
        told("consent_changed", T0 + MINUTE, NO, 2),
        told("visitor_identified", T0 + 2 * MINUTE, {"id": "c-2", "phone": "0555 12345"}, 3),
        told("consent_changed", T0 + 3 * MINUTE, YES, 4),
        told("visitor_identified", T0 + 4 * MINUTE, {"email": "new@b.example"}, 5),
    ]
    results = {msgspec.json.encode(fold(list(order))[0].identity) for order in itertools.permutations(steps)}
    assert len(results) == 1
    assert known(fold(steps)[0]) == ("c-2", "new@b.example", "0555 12345")


@pytest.mark.parametrize(
    "bad",
    [
        {"email": "no address"},
        {"email": "a" * 250 + "@b.example"},
        {"phone": "call me"},
        {"id": "x" * 65},
        {"id": 7},
    ],
    ids=str,
)
def test_what_is_no_address_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(BadBody):
        decode(msgspec.json.Decoder(PROPS["visitor_identified"]), msgspec.json.encode(bad))


def test_nothing_told_is_nothing_kept() -> None:
    assert decode(msgspec.json.Decoder(VisitorIdentified), b"{}") == VisitorIdentified()
    assert fold([told("visitor_identified", T0, {}, 1)])[0].identity is None


ASKED = {
    "email": "a@b.example",
    "campaign": "send-cart",
    "consent": "Yes, send me this cart.",
    "consent_version": "cart-1",
    "wants": "cart",
}


def test_what_was_agreed_to_is_kept_with_the_address_and_goes_with_it() -> None:
    state, _ = fold([told("visitor_identified", T0, ASKED, 1)])
    assert state.identity is not None
    assert state.identity.email_proof == Proof("Yes, send me this cart.", "cart-1", "send-cart", T0)
    assert state.identity.cart_wanted[0] == T0
    state, _ = fold([told("consent_changed", T0 + MINUTE, NO, 2)], state)
    assert state.identity is None


def test_an_address_that_the_shop_tells_later_has_no_proof_of_ours() -> None:
    later = told("visitor_identified", T0 + MINUTE, {"email": "new@b.example"}, 2)
    state, _ = fold([told("visitor_identified", T0, ASKED, 1), later])
    assert state.identity is not None
    assert (state.identity.email, state.identity.email_proof) == ("new@b.example", None)
