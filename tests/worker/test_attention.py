"""What the fold remembers for the attention budget: interruptions, yes and no by channel, timezones."""

from __future__ import annotations

import itertools
import json

import msgspec
import pytest

from heimta.journeys.ask import share
from heimta.model.attention import Touch
from heimta.model.consent import ConsentNote
from heimta.model.contents import CheckoutContent
from heimta.model.event import CampaignExposed
from heimta.model.person import names_of
from heimta.model.preferences import Proof
from heimta.model.visitor import KEEP_SHOWN, ChannelConsent, VisitorState
from heimta.rules.consented import consented
from heimta.store import attention, proofs
from heimta.worker.apply import apply_fact
from heimta.worker.attention import met_interruption
from heimta.worker.effects import Effects
from heimta.worker.entries import read_fact
from tests.worker.conftest import Desk
from tests.worker.shop import CAMPAIGN, CONTEXT, MINUTE, OTHER, T0, VISITOR, batch
from tests.worker.test_fold import fold, told

SHOWN = {"campaign": "exit-offer", "arm": "ten", "p": 5000}
MAIL = {"email": "a@b.example", "consent": "Write to me", "consent_version": "1", "campaign": "exit-offer"}


def test_what_was_seen_is_remembered_and_the_holdout_saw_nothing() -> None:
    state, _ = fold(
        [
            told("campaign_exposed", T0, SHOWN, 1),
            told("campaign_exposed", T0 + MINUTE, {**SHOWN, "arm": "holdout"}, 2),
            told("campaign_exposed", T0 + 2 * MINUTE, SHOWN, 3),
            told("campaign_exposed", T0 + 3 * MINUTE, {**SHOWN, "campaign": "no-such"}, 4),
        ]
    )
    assert [at for at, _, _ in state.shown] == [T0, T0 + 2 * MINUTE]


def test_the_newest_are_kept_whichever_came_first() -> None:
    events = [told("campaign_exposed", T0 + n * 1000, SHOWN, n) for n in range(KEEP_SHOWN + 5)]
    forward, backward = fold(events)[0], fold(events[::-1])[0]
    assert forward.shown == backward.shown
    assert forward.shown[0][0] == T0 + 5000


def test_a_checkouts_helper_interrupts_nobody() -> None:
    state = VisitorState("demo", VISITOR)
    helper = msgspec.structs.replace(CAMPAIGN.variants[0], content=CheckoutContent())
    campaign = msgspec.structs.replace(CAMPAIGN, variants=(helper,))
    seen = CampaignExposed("exit-offer", "ten", 5000)
    met_interruption(state, campaign, seen, (T0, "s", 1), Effects())
    assert state.shown == []
    met_interruption(state, CAMPAIGN, seen, (T0, "s", 1), Effects())
    assert len(state.shown) == 1


@pytest.mark.parametrize(
    ("props", "word"),
    [
        (MAIL, ""),
        ({"email": "a@b.example"}, ""),  # the shop says so, and has the proof
        ({"id": "c-1"}, "no consent"),
    ],
)
def test_an_address_comes_with_its_consent(props: dict[str, str], word: str) -> None:
    state, _ = fold([told("visitor_identified", T0, props, 1)])
    assert consented(state, "email") == word
    assert consented(state, "sms") == "no consent"


def consent(state: VisitorState | None, came: int, **said: object) -> VisitorState:
    note = msgspec.json.encode(ConsentNote(VISITOR, **said))  # type: ignore[arg-type]
    fields = {b"s": b"demo", b"k": b"consent", b"t": b"%d" % came, b"d": note}
    fact = read_fact(b"1-0", fields)
    return apply_fact(state, fact, context=CONTEXT, effects=Effects(), restored={})


def test_a_no_holds_against_the_shop_and_ends_with_the_shoppers_yes() -> None:
    state, _ = fold([told("visitor_identified", T0, {"phone": "+3545551234"}, 1)])
    consent(state, T0 + MINUTE, channel="sms", yes=False, why="stop_word")
    assert consented(state, "sms") == "channel off"
    assert consented(state, "email") == "no consent"
    fold([told("visitor_identified", T0 + 2 * MINUTE, {"phone": "+3545551234"}, 2)], state)
    assert consented(state, "sms") == "channel off"
    consent(state, T0 + 3 * MINUTE, channel="sms", yes=True, why="start_word")
    assert consented(state, "sms") == ""
    before = msgspec.json.encode(state.consents)
    consent(state, T0 + 9 * MINUTE, channel="sms", yes=False, why="stop_word", at=T0 + MINUTE)
    assert msgspec.json.encode(state.consents) == before, "told late, it is as old as it is"


def test_any_order_leads_to_the_same_consents() -> None:
    steps = [
        told("visitor_identified", T0, {**MAIL, "tz": "Asia/Tokyo"}, 1),
        told("consent_changed", T0 + MINUTE, {"analytics": True, "marketing": False}, 2),
        told("visitor_identified", T0 + 2 * MINUTE, {"phone": "+3545551234", "tz": "Europe/Berlin"}, 3),
        told("visitor_identified", T0 + 3 * MINUTE, {"email": "a@b.example"}, 4),
    ]
    told_so = set()
    for order in itertools.permutations(steps):
        state, _ = fold(list(order))
        told_so.add(msgspec.json.encode([state.consents, state.zone], order="sorted"))
    assert len(told_so) == 1
    assert state.consents == {
        "sms": ChannelConsent(told=(T0 + 2 * MINUTE, "s" * 11, 3)),
        "email": ChannelConsent(told=(T0 + 3 * MINUTE, "s" * 11, 4)),
    }
    assert state.zone == "Europe/Berlin"


def test_a_subscription_tells_where_they_are() -> None:
    told_by = {"endpoint": "https://push.example/x", "keys": {"p256dh": "k" * 87, "auth": "a" * 22}}
    data = json.dumps({"vid": VISITOR, "subscription": told_by, "tz": "America/St_Johns"}).encode()
    fact = read_fact(b"1-0", {b"s": b"demo", b"k": b"push", b"t": b"%d" % T0, b"d": data})
    state = apply_fact(None, fact, context=CONTEXT, effects=Effects(), restored={})
    assert state.zone == "America/St_Johns"


async def test_what_was_agreed_to_is_proven_before_it_counts(desk: Desk) -> None:
    owner = desk.owner()
    assert await owner.take_over()
    await desk.tell("batch", batch(("visitor_identified", T0, MAIL)), T0)
    await desk.tell(
        "consent", msgspec.json.encode(ConsentNote(VISITOR, "email", False, "complaint", at=T0 + MINUTE)), T0
    )
    state = await desk.state(owner)
    assert consented(state, "email") == "channel off"
    assert await proofs.of(desk.redis, "demo", 0, VISITOR) == [
        Proof(T0, "yes email", "/", "exit-offer.1: Write to me"),
        Proof(T0 + MINUTE, "no email", "complaint", ""),
    ]


async def test_a_name_that_is_told_later_knows_what_came_before(desk: Desk) -> None:
    async def share_all(states: list[VisitorState]) -> None:
        for state in states:
            await share(desk.redis, state, partitions=4, now=T0 + MINUTE)

    owner = desk.owner(share=share_all)
    assert await owner.take_over()
    state = VisitorState("demo", VISITOR)
    looked = await attention.look(desk.redis, "demo", names_of(state), 4)
    sent = Touch(T0 - MINUTE, "m1", "message")
    assert await attention.spend(desk.redis, looked, (sent,))
    await desk.tell("batch", batch(("campaign_exposed", T0, SHOWN), ("visitor_identified", T0 + 1, MAIL)), T0)
    state = await desk.state(owner)
    other = VisitorState("demo", OTHER, identity=state.identity)
    looked = await attention.look(desk.redis, "demo", names_of(other), 4)
    assert looked.touches == (sent, Touch(T0, f"{'s' * 11}.0", "shown"))


def test_what_was_seen_days_ago_takes_no_room() -> None:
    events = [told("campaign_exposed", T0 + n * 20 * 60 * MINUTE, SHOWN, n) for n in range(5)]
    forward, backward = fold(events)[0], fold(events[::-1])[0]
    assert forward.shown == backward.shown
    assert [n for _, _, n in forward.shown] == [2, 3, 4], "within two days of the newest"
