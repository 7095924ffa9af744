"""What shoppers chose holds at once, for what is scheduled too; an address that changes stays one address."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heimta.channels.result import SENT, failed
from heimta.channels.result import Delivery as Answer
from heimta.channels.vapid import make_keys
from heimta.journeys.wanted import too_often, unwanted
from heimta.model.journey import Send, Wait
from heimta.model.message import Message
from heimta.model.preferences import DAY_MS, LESS_MS, PAUSE_MS, PreferencesNote
from heimta.model.visitor import Delivery, VisitorState
from heimta.rules.consented import consented
from heimta.rules.preferences import chosen
from heimta.rules.tokens import read_preferences
from heimta.worker.apply import apply_fact
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.entries import read_fact
from heimta.worker.timers import fire, next_due
from tests.channels.email_job import SHOP as MAILING
from tests.worker.conftest import Desk
from tests.worker.shop import CONTEXT, JOURNEY, MINUTE, SHOP, T0, VISITOR, batch, cart, held_by
from tests.worker.test_fold import abandoned
from tests.worker.test_owner import LATER
from tests.worker.test_send import SECRETS, Channel, due, send, sender

KEYS = {"p256dh": "k" * 87, "auth": "a" * 22}
# Three messages: one at once, two that wait.
LONG = msgspec.structs.replace(
    JOURNEY,
    steps=(
        Send("one", "push", "One"),
        Wait("breathe", 60),
        Send("two", "push", "Two"),
        Wait("sleep", 24 * 60),
        Send("three", "push", "Three"),
    ),
)
WAITING = ShopContext(SHOP, {}, {"cart-push": (LONG, 1)})


def push(endpoint: str | None, *, renew: bool = False) -> bytes:
    told = None if endpoint is None else {"endpoint": f"https://push.example/{endpoint}", "keys": KEYS}
    return msgspec.json.encode({"vid": VISITOR, "subscription": told, "renew": renew})


def chose(*, off: tuple[Any, ...] = (), pace: Any = "normal", until: int = 0, stop: bool = False) -> bytes:
    return msgspec.json.encode(PreferencesNote(VISITOR, off, pace, until=until, stop=stop))


def gone(told: int) -> bytes:
    return msgspec.json.encode(
        {"vid": VISITOR, "message": "m", "journey": "j", "outcome": "gone", "told": told}
    )


def fold(*told: tuple[str, int, bytes], state: VisitorState | None = None) -> VisitorState:
    for number, (kind, received, data) in enumerate(told):
        fields = {b"s": b"demo", b"k": kind.encode(), b"t": str(received).encode(), b"d": data}
        fact = read_fact(f"{number}-0".encode(), fields)
        state = apply_fact(state, fact, context=WAITING, effects=Effects(), restored={})
    assert state is not None
    return state


def left_behind(*told: tuple[str, int, bytes]) -> VisitorState:
    """A cart, a yes, what is told, and silence."""
    came = batch(("cart_updated", T0, {"cart": cart(5000)}))
    return fold(("batch", T0, came), ("push", T0, push("a")), *told)


def written(state: VisitorState, *, until: int = LATER + 3 * DAY_MS) -> list[Message]:
    """Every message that is decided on, and that may go out as it falls due."""
    gone_out = []
    while 0 < state.next_due <= until:
        now, effects = state.next_due, Effects()
        fire(state, context=WAITING, effects=effects, now=now)
        for message in effects.messages:
            held = held_by(state, message, LONG, WAITING.shop, now=now)
            state.deliveries[message.id] = Delivery("cart-push", "skipped" if held else "sent", now)
            gone_out += [] if held else [message]
        state.next_due = next_due(state, WAITING)
    return gone_out


def test_without_a_choice_every_step_goes_out() -> None:
    assert [message.step for message in written(left_behind())] == ["one", "two", "three"]


def test_a_stop_ends_what_is_scheduled_already() -> None:
    state = left_behind()
    assert [one.step for one in written(state, until=LATER)] == ["one"]
    state = fold(("preferences", LATER, chose(stop=True)), state=state)
    assert state.enrollments["cart-push"].ended == "stopped"
    assert state.subscription is None and state.next_due == 0
    assert written(state) == []


async def test_a_stop_holds_a_message_that_is_in_the_outbox_already(desk: Desk) -> None:
    owner, channel = await due(desk), Channel(SENT)
    assert len(owner.outbox) == 1
    await desk.tell("preferences", chose(stop=True), LATER)
    await send(desk, owner, channel)
    assert channel.sent == [] and not owner.outbox
    assert (await desk.state(owner)).subscription is None


async def test_each_message_has_the_visitors_own_link(desk: Desk) -> None:
    owner, channel = await due(desk), Channel(SENT)
    await send(desk, owner, channel)
    told = channel.sent[0]["notification"]
    [action] = told["actions"]
    assert (action["action"], action["title"]) == ("settings", "Settings or stop")
    assert action["navigate"] == told["data"]["p"]
    token = told["data"]["p"].removeprefix("https://edge.example/u/")
    assert read_preferences(SECRETS.signing, token) == (VISITOR, "")


async def test_a_new_pair_of_push_keys_signs_from_the_next_message_on(desk: Desk) -> None:
    owner, signed = await due(desk), []

    class Signed(Channel):
        async def send(self, subscription: object, payload: bytes, **how: Any) -> Answer:
            signed.append(how["keys"].public)
            return await super().send(subscription, payload, **how)

    other = make_keys("mailto:me@example.com")
    rotated = msgspec.structs.replace(SECRETS, vapid_private=other.private, vapid_public=other.public)
    ours = sender(desk, Signed(failed("vapid", permanent=False)))
    for held in (SECRETS, rotated):
        [message] = owner.outbox.values()
        await ours.send(owner, message, CONTEXT, held, now=LATER)
    assert signed == [SECRETS.vapid_public, other.public]


@pytest.mark.parametrize(
    ("chosen", "steps"),
    [
        (chose(off=("cart",)), []),
        (chose(off=("news",)), ["one", "two", "three"]),
        (chose(pace="less"), ["one"]),
        (chose(until=T0 + 90 * MINUTE), []),
        (chose(until=T0 + 30 * MINUTE), ["one", "two", "three"]),
    ],
    ids=["topic off", "another topic off", "less", "paused as it begins", "pause over"],
)
def test_topic_and_pace_are_asked_before_each_message(chosen: bytes, steps: list[str]) -> None:
    assert [one.step for one in written(left_behind(("preferences", T0, chosen)))] == steps


def test_a_pause_that_comes_between_skips_what_falls_into_it() -> None:
    state = left_behind()
    written(state, until=LATER)
    state = fold(("preferences", LATER, chose(until=LATER + 2 * 60 * MINUTE)), state=state)
    assert [one.step for one in written(state)] == ["three"]


def test_whoever_wants_nothing_is_dealt_no_arm() -> None:
    for told in (chose(off=("cart",)), chose(until=T0 + PAUSE_MS), chose(stop=True)):
        state = left_behind(("preferences", T0 + 1, told))
        written(state)
        assert state.enrollments == {} and state.exposures == {}


def test_the_newest_choice_counts_whole_in_whatever_order_they_come() -> None:
    first, second = chose(off=("cart",), pace="less"), chose(off=("news",))
    for told in ([(T0, first), (T0 + 1, second)], [(T0 + 1, second), (T0, first)]):
        held = fold(*(("preferences", at, data) for at, data in told)).preferences
        assert held is not None and (held.off, held.pace) == (["news"], "normal")


def test_a_stop_leaves_what_was_refused_refused() -> None:
    """The edge knew nothing yet of the choice before it; a later yes brings no topic back."""
    choice, end = (
        ("preferences", T0, chose(off=("cart",), pace="less")),
        ("preferences", T0 + 1, chose(stop=True)),
    )
    for told in ([choice, end], [end, choice]):
        held = fold(*told, ("push", T0 + 2, push("a"))).preferences
        assert held is not None and (held.off, held.pace) == (["cart"], "less")


def test_fewer_means_a_week_between_two() -> None:
    state = fold(("preferences", T0, chose(pace="less")))
    state.deliveries["m"] = Delivery("j", "sent", T0)
    assert too_often(state, now=T0 + LESS_MS - 1) == "less often"
    assert too_often(state, now=T0 + LESS_MS) == ""
    state.deliveries["m"].outcome = "skipped"
    assert too_often(state, now=T0) == ""


def test_a_changed_address_takes_the_place_of_the_one_there_is() -> None:
    state = fold(("push", T0, push("a")), ("push", T0 + 1, push("b", renew=True)))
    assert state.subscription is not None and state.subscription.endpoint.endswith("/b")
    state = fold(("delivery", T0 + 2, gone(T0)), state=state)
    assert state.subscription is not None, "the old address is gone, not the new one"
    state = fold(("delivery", T0 + 3, gone(T0 + 1)), state=state)
    assert state.subscription is None
    state = fold(("push", T0 + 4, push("c", renew=True)), state=state)
    assert state.subscription is not None, "an address that died is renewed; the yes stands"


@pytest.mark.parametrize(
    "no",
    [
        ("preferences", T0 + 5, chose(stop=True)),
        ("push", T0 + 5, push(None)),
        ("batch", T0 + 5, batch(("consent_changed", T0 + 5, {"analytics": False, "marketing": False}))),
    ],
    ids=["stop", "null", "consent"],
)
def test_a_changed_address_brings_nothing_back_that_was_ended(no: tuple[str, int, bytes]) -> None:
    state = fold(("push", T0, push("a")), no, ("push", T0 + 9, push("b", renew=True)))
    assert state.subscription is None
    state = fold(("push", T0 + 10, push("c")), state=state)
    assert state.subscription is not None, "a new yes does"


def test_push_taken_back_in_the_browser_ends_push_alone() -> None:
    """What runs goes on by e-mail, and the link in it still asks where."""
    by_mail = (*LONG.steps[:3], Send("mail", "email", "Four"), *LONG.steps[3:])
    mixed = msgspec.structs.replace(LONG, steps=by_mail)
    shop = msgspec.structs.replace(SHOP, email=MAILING.email)
    context = ShopContext(shop, {}, {"cart-push": (mixed, 1)})
    asked = {"email": "a@b.example", "campaign": "c", "consent": "Yes.", "consent_version": "1"}
    told = ("batch", T0, batch(("visitor_identified", T0, asked), src="s0000000002"))
    state = left_behind(told)
    effects = Effects()
    fire(state, context=context, effects=effects, now=state.next_due)
    assert [one.step for one in effects.messages] == ["one"]
    state.deliveries[effects.messages[0].id].outcome = "sent"
    fold(("push", LATER, push(None)), state=state)
    assert state.subscription is None and state.enrollments["cart-push"].ended == ""
    assert [consented(state, to) for to in ("email", "webhook", "push")] == ["", "", "channel off"]
    effects = Effects()
    fire(state, context=context, effects=effects, now=LATER + 61 * MINUTE)
    held = {one.step: held_by(state, one, mixed, shop, now=LATER + 61 * MINUTE) for one in effects.messages}
    assert held == {"two": "channel off", "mail": ""}
    shown = chosen(state, LATER)
    assert shown.is_on and shown.by == (("email", True),)
    assert fold(("preferences", LATER + 1, chose(stop=True)), state=state).stopped[0] == LATER + 1


def test_an_address_without_a_yes_is_not_taken() -> None:
    assert fold(("push", T0, push("a", renew=True))).subscription is None


WORDS = st.lists(st.sampled_from(["yes", "renew", "stop", "null", "gone", "less"]), max_size=12)


@given(WORDS)
def test_nobody_is_written_to_whose_last_word_was_a_no(words: list[str]) -> None:
    state, is_on, held = fold(("preferences", T0, chose())), False, ""
    for number, word in enumerate(words, 1):
        at, name = T0 + number, f"e{number}"
        told = {
            "yes": ("push", push(name)),
            "renew": ("push", push(name, renew=True)),
            "stop": ("preferences", chose(stop=True)),
            "null": ("push", push(None)),
            "gone": ("delivery", gone(at)),
            "less": ("preferences", chose(pace="less")),
        }[word]
        state = fold((told[0], at, told[1]), state=state)
        is_on = word == "yes" or (is_on and word not in ("stop", "null"))
        if word == "yes" or (word == "renew" and is_on):
            held = name
        elif word in ("stop", "null", "gone"):
            held = ""
        endpoint = state.subscription.endpoint.rpartition("/")[2] if state.subscription else ""
        assert endpoint == held


def test_states_of_before_mean_what_they_meant() -> None:
    """As they were written by the version before: subscribed anew after a withdrawal."""
    old = {
        "shop": "demo",
        "visitor": VISITOR,
        "withdrawn": [T0, "s", 1],
        "subscribed": [T0 + 1, "https://x", 0],
    }
    state = msgspec.msgpack.decode(msgspec.msgpack.encode(old), type=VisitorState)
    assert not state.withdrew and state.addressed == (T0 + 1, "https://x", 0)
    assert unwanted(state, "cart", now=T0) == too_often(state, now=T0) == ""


@pytest.mark.parametrize(("analytics", "marketing"), [(False, True), (True, False), (False, False)])
def test_a_no_to_either_purpose_ends_what_was_begun(analytics: bool, marketing: bool) -> None:
    said = {"analytics": analytics, "marketing": marketing}
    later = T0 + 60 * MINUTE
    state, _ = abandoned()
    state = fold(("batch", later, batch(("consent_changed", later, said), first=9)), state=state)
    assert state.withdrawn[0] == later
    assert state.enrollments["cart-push"].ended == "consent withdrawn"
