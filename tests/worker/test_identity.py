"""Whom the shop says a visitor is: the newest word counts, and a no forgets what came before it."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from heimta.ingest.decode import BadBody, decode
from heimta.journeys.ends import over
from heimta.model.channel import Channel
from heimta.model.event import PROPS, Customer, VisitorIdentified
from heimta.model.journey import Journey, Send
from heimta.model.orders import OrderState
from heimta.model.preferences import DAY_MS
from heimta.model.visitor import ChannelConsent, Enrollment, Identity, Proof, VisitorState
from heimta.rules.consented import consented
from heimta.rules.send_log import explain
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.timers import fire
from tests.channels.email_job import SHOP as MAILING
from tests.worker.shop import MINUTE, SHOP, T0, VISITOR, held_by
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


ANNA, BEN = {"id": "c-anna", "email": "anna@b.example"}, {"id": "c-ben", "email": "ben@b.example"}
LOOK = {"sku": "hat-1", "name": "Hat", "unit_minor": 1900}
AGREED = {"campaign": "news", "consent": "Yes, write to me.", "consent_version": "1"}
BROWSE = Journey(
    "looked", "demo", "Looked", "browse_abandoned", (Send("mail", "email", "Hi"),), live=True, holdout_pct=0
)
SHOPPING = ShopContext(msgspec.structs.replace(SHOP, email=MAILING.email), {}, {"looked": (BROWSE, 1)})


def no_of_old(at: int) -> VisitorState:
    """A tablet that hears what its person said elsewhere."""
    return VisitorState("demo", VISITOR, consents={"email": ChannelConsent(no=(at, "n", 0))})


@pytest.mark.parametrize("anna", [{"email": ANNA["email"]}, ANNA], ids=["by a popup", "signed in"])
def test_a_yes_of_one_shopper_is_none_of_who_signs_in_after_them(anna: dict[str, str]) -> None:
    """Ben unsubscribed long ago, on his phone; the tablet hears of it when he signs in there."""
    steps = [
        told("visitor_identified", T0, {**anna, **AGREED}, 1),
        told("visitor_identified", T0 + MINUTE, BEN, 2),
    ]
    for order in itertools.permutations(steps):
        state, _ = fold(list(order), no_of_old(T0 - 90 * DAY_MS))
        assert known(state) == ("c-ben", "ben@b.example", "")
        assert consented(state, "email") == "channel off"
    state, _ = fold(steps)
    assert consented(state, "email") == "", "where he never said no, the shop's word holds"
    own = told("visitor_identified", T0 + MINUTE, {**BEN, **AGREED}, 2)
    for order in itertools.permutations([steps[0], own]):
        state, _ = fold(list(order), no_of_old(T0 - 90 * DAY_MS))
        assert consented(state, "email", confirm="never") == "", "his own yes is newer than his no"


@pytest.mark.parametrize(
    "more",
    [
        {"id": "c-anna"},
        {"phone": "+3545551234"},
        {"id": "c-anna", "email": "Anna@B.example"},
        {"email": "anna@b.example", "id": "c-anna", "phone": "+3545551234"},
    ],
    ids=str,
)
def test_what_is_added_or_said_again_costs_no_yes(more: dict[str, str]) -> None:
    first = told("visitor_identified", T0, {"email": "anna@b.example", **AGREED}, 1)
    for order in itertools.permutations([first, told("visitor_identified", T0 + MINUTE, more, 2)]):
        state, _ = fold(list(order), no_of_old(T0 - DAY_MS))
        assert consented(state, "email", confirm="never") == "" and state.consents["email"].yes[0] == T0


def test_a_typo_that_is_mended_costs_nothing_but_the_yes_to_the_mistyped_address() -> None:
    steps = [
        told("visitor_identified", T0, {"email": "anan@b.example", **AGREED}, 1),
        told("product_viewed", T0 + 1, LOOK, 2),
        told("visitor_identified", T0 + MINUTE, {"email": "anna@b.example"}, 3),
    ]
    for order in itertools.permutations(steps):
        state, _ = fold(list(order), context=SHOPPING)
        assert consented(state, "email") == "" and set(state.viewed) == {"hat-1"}
        assert fired(state) == ["mail"]


def fired(state: VisitorState, now: int = T0 + 120 * MINUTE) -> list[str]:
    effects = Effects()
    fire(state, context=SHOPPING, effects=effects, now=now)
    return [message.step for message in effects.messages]


def test_what_one_looked_at_is_not_mailed_to_who_signs_in_next() -> None:
    """Between the two nobody tells who it is: all of it was the former's, whatever comes first."""
    steps = [
        told("visitor_identified", T0, BEN, 1),
        told("product_viewed", T0 + MINUTE, LOOK, 2),
        told("visitor_identified", T0 + 2 * MINUTE, ANNA, 3),
        told("visitor_identified", T0 + 3 * MINUTE, ANNA, 4),
    ]
    found = set()
    for order in itertools.permutations(steps):
        state, _ = fold(list(order), context=SHOPPING)
        state.psid, state.psid_since = "ben", T0 + MINUTE
        found.add(msgspec.json.encode([state.identity, state.viewed, state.consents]))
        assert fired(state) == [] and state.viewed == {} and state.psid == ""
    assert len(found) == 1
    state, _ = fold([*steps, told("product_viewed", T0 + 3 * MINUTE, LOOK, 5)], context=SHOPPING)
    assert fired(state) == ["mail"], "her own look"


def test_what_began_for_one_shopper_ends_when_another_signs_in() -> None:
    begun = [told("visitor_identified", T0, BEN, 1), told("product_viewed", T0 + MINUTE, LOOK, 2)]
    state, _ = fold(begun, context=SHOPPING)
    effects, now = Effects(), T0 + 120 * MINUTE
    fire(state, context=SHOPPING, effects=effects, now=now)
    [message] = effects.messages
    assert held_by(state, message, BROWSE, SHOPPING.shop, now=now) == ""
    state, _ = fold(
        [told("visitor_identified", now + 1, {"phone": "+3545551234"}, 3)], state, context=SHOPPING
    )
    assert held_by(state, message, BROWSE, SHOPPING.shop, now=now) == "", "the same person"
    state, _ = fold([told("visitor_identified", now + 2, ANNA, 4)], state, context=SHOPPING)
    assert held_by(state, message, BROWSE, SHOPPING.shop, now=now) == "another shopper"
    assert explain("another shopper") != "another shopper"


@pytest.mark.parametrize(("channel", "ended"), [("webhook", "another shopper"), ("push", ""), ("email", "")])
def test_a_webhook_does_not_name_the_next_shopper_with_what_was_the_formers(
    channel: Channel, ended: str
) -> None:
    """It goes by no address of theirs, and names whoever is signed in by then. Mail here is of a service
    journey, to the address of the order.
    """
    state, _ = fold([told("visitor_identified", T0, BEN, 1)])
    service = channel == "email"
    journey = msgspec.structs.replace(BROWSE, steps=(Send("to", channel, "Hi"),), service=service)
    state.orders["o-1"] = OrderState("o-1", T0, 1, "EUR", "", T0, customer=Customer(email="ben@b.example"))
    begun = Enrollment("", "treated", 1, T0 + 1, about="o-1")
    assert over(state, journey, begun, SHOPPING.shop, now=T0 + 2) == ""
    state, _ = fold([told("visitor_identified", T0 + MINUTE, ANNA, 2)], state)
    assert over(state, journey, begun, SHOPPING.shop, now=T0 + MINUTE) == ended


@pytest.mark.parametrize("late", [True, False])
def test_a_state_of_an_older_release_keeps_the_yes_of_who_is_signed_in(late: bool) -> None:
    """It says who was here before, and of their own words the newest alone; so does each that passes through
    an older worker while a new one is rolled out.
    """
    state = no_of_old(T0 - DAY_MS)
    state.identity = Identity("c-anna", (T0 + 5 * MINUTE, "s", 3), other_of=(T0, "s", 1))
    state.consents["email"].yes = (T0 + 2 * MINUTE, "given", 0)
    at = T0 + (4 if late else 6) * MINUTE
    for n in range(2):
        state, _ = fold([told("visitor_identified", at + n, {"id": "c-anna"}, 4 + n)], state)
        assert fired(state) == [] and consented(state, "email", confirm="never") == ""
        assert state.identity is not None
        state.identity.signed = []
    state, _ = fold([told("visitor_identified", T0 + 9 * MINUTE, BEN, 9)], state)
    assert fired(state) == [] and consented(state, "email") == "channel off", "another one's all the same"


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
