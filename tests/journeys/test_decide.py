"""Every rule that can hold a message, one change from a message that goes out; and each decided again."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec import structs

from heimta.journeys.ask import ask, give_back
from heimta.journeys.decide import BUSY_MS, HELD_MS, Facts, Verdict, decide, facts_of
from heimta.model.attention import Touch
from heimta.model.campaign import Attention
from heimta.model.cart import Cart, Line
from heimta.model.event import Keys, Subscription
from heimta.model.journey import Journey, Send, Trigger, Word
from heimta.model.message import Message
from heimta.model.product import Product
from heimta.model.visitor import (
    CartState,
    ChannelConsent,
    Delivery,
    Enrollment,
    Identity,
    Preferences,
    Stamp,
    VisitorState,
)
from heimta.rules.attention import limits_of
from heimta.store.connect import Client
from tests.worker.shop import CART, MINUTE, OTHER, SHOP, T0, VISITOR

HOUR = 60 * MINUTE
DAY = 24 * HOUR
JOURNEY = Journey(
    "hello", "demo", "Hello", "signed_up", (Send("one", "push", "Hi"),), live=True, holdout_pct=0
)
MESSAGE = Message("m1", "demo", VISITOR, "hello", "one", "push", "", T0)
DEMO = structs.replace(SHOP, timezone="Europe/Berlin")  # 22:20 on its wall at T0


def at(ms: int) -> Stamp:
    return (ms, "x", 0)


def known(**changes: Any) -> VisitorState:
    state = VisitorState(
        "demo",
        VISITOR,
        subscription=Subscription("https://push.example/x", Keys("k" * 87, "a" * 22)),
        subscribed=at(T0 - DAY),
        enrollments={"hello": Enrollment("", "treated", 1, T0, ended="done", messages=["m1"])},
    )
    return structs.replace(state, **changes)


def ended(why: str) -> dict[str, Enrollment]:
    return {"hello": Enrollment("", "treated", 1, T0, ended=why, messages=["m1"])}


def shop(**attention: Any) -> Any:
    return structs.replace(DEMO, attention=Attention(**attention))


def verdict(
    state: VisitorState | None, *, journey: Journey = JOURNEY, document: Any = DEMO, **more: Any
) -> Verdict:
    """The decision, and that it is the same from what the send log keeps."""
    message = structs.replace(MESSAGE, **more.pop("message", {}))
    facts = facts_of(state, message, journey, document, **{"now": T0 + MINUTE, **more})
    decided = decide(facts)
    assert decide(msgspec.json.decode(msgspec.json.encode(facts), type=Facts)) == decided
    return decided


def test_with_nothing_against_it_it_goes_out() -> None:
    assert verdict(known()) == Verdict("send")


@pytest.mark.parametrize(
    ("state", "rule"),
    [
        (None, "visitor forgotten"),
        (known(enrollments={}), "not enrolled"),
        (known(enrollments=ended("ordered")), "ordered"),
        (known(withdrawn=at(T0)), "consent withdrawn"),
        (known(stopped=at(T0)), "stopped"),
        (known(consents={"push": ChannelConsent(no=at(T0))}), "channel off"),
        (known(subscription=None), "no subscription"),
        (known(preferences=Preferences([], "normal", T0 + DAY, at(T0))), "paused"),
        (known(preferences=Preferences(["cart"], "normal", 0, at(T0))), "topic off"),
    ],
)
def test_what_is_over_or_unwanted_is_skipped(state: VisitorState | None, rule: str) -> None:
    assert verdict(state) == Verdict("skip", rule)


def test_a_step_or_a_journey_that_is_gone_is_skipped() -> None:
    assert verdict(known(), journey=structs.replace(JOURNEY, live=False)) == Verdict("skip", "journey off")
    other = structs.replace(JOURNEY, steps=(Send("two", "push", "Hi"),))
    assert verdict(known(), journey=other) == Verdict("skip", "step gone")


def test_what_may_have_been_sent_before_a_restore_is_skipped() -> None:
    assert verdict(known(), hold=T0 + 1) == Verdict("skip", "due before the restore")
    assert verdict(known(), hold=T0).outcome == "send"


def test_a_message_is_late_by_its_own_fault_alone() -> None:
    late = T0 + 12 * HOUR + 1
    assert verdict(known(), now=late - 1).outcome == "send"
    assert verdict(known(), now=late) == Verdict("skip", "too late")
    assert verdict(known(), now=late, message={"deferred_ms": 2 * HOUR}).outcome == "send"


def test_quiet_hours_are_by_the_shoppers_clock_or_else_the_shops() -> None:
    quiet = shop(quiet="21:00-08:00")
    morning = T0 + 9 * HOUR + 40 * MINUTE  # 08:00 in Berlin
    assert verdict(known(), document=quiet) == Verdict("defer", "quiet hours", morning)
    assert verdict(known(zone="America/New_York"), document=quiet) == Verdict("send")
    assert verdict(known(zone="Nowhere/At_All"), document=quiet) == Verdict("defer", "quiet hours", morning)


def test_limits_defer_and_a_week_of_it_is_enough() -> None:
    touches = (Touch(T0 - HOUR, "m0", "message"),)
    strict = shop(apart_h=4)
    assert verdict(known(), document=strict, touches=touches) == Verdict("defer", "apart_h", T0 + 3 * HOUR)
    held = {"deferred_ms": HELD_MS - HOUR}
    assert verdict(known(), document=strict, touches=touches, message=held) == Verdict(
        "skip", "held too long: apart_h"
    )


def test_service_messages_are_exempt_from_limits_wishes_and_quiet_hours() -> None:
    service = structs.replace(JOURNEY, service=True)
    state = known(preferences=Preferences(["cart"], "less", T0 + DAY, at(T0)))
    touches = (Touch(T0, "m0", "message"),)
    decided = verdict(state, journey=service, document=shop(quiet="21:00-08:00", apart_h=24), touches=touches)
    assert decided == Verdict("send")


def begun_by(on: Word, **more: Any) -> Journey:
    return structs.replace(JOURNEY, trigger=Trigger(on, **more.pop("trigger", {})), **more)


def told(subject: str, ago: int = 3 * HOUR) -> tuple[Touch, ...]:
    return (Touch(T0 - ago, "m0", "message", subject),)


ALREADY = Verdict("skip", "told already")


def test_one_person_is_told_of_one_order_once() -> None:
    journey, about = begun_by("ordered", service=True), {"about": "1001"}
    assert verdict(known(), journey=journey, touches=told("hello/one/1001"), message=about) == ALREADY
    assert verdict(known(), journey=journey, touches=told("hello/one/1002"), message=about).outcome == "send"


def test_news_of_a_product_is_told_once_and_the_next_news_too() -> None:
    journey, about = begun_by("price_dropped"), {"about": "hat-1"}
    same, before = told(f"hello/one/hat-1@{T0}"), told(f"hello/one/hat-1@{T0 - 3 * DAY}")
    assert verdict(known(), journey=journey, touches=same, message=about) == ALREADY
    assert verdict(known(), journey=journey, touches=before, message=about).outcome == "send"


def test_what_two_browsers_run_into_is_told_by_one_of_them() -> None:
    theirs, own = told(f"~{OTHER}/hello/one/"), told(f"~{VISITOR}/hello/one/")
    for on in ("signed_up", "segment", "date", "subscribed"):
        journey = begun_by(on)
        assert verdict(known(), journey=journey, touches=theirs) == ALREADY
        assert verdict(known(), journey=journey, touches=own).outcome == "send", "its own rule is again_h"
        assert verdict(known(), journey=journey, touches=told(f"~{OTHER}/hello/two/")).outcome == "send"
    looked = begun_by("browse_abandoned")
    hats = told(f"~{OTHER}/hello/one/hat-1")
    assert verdict(known(), journey=looked, touches=hats, message={"about": "hat-1"}) == ALREADY
    assert verdict(known(), journey=looked, touches=hats, message={"about": "hat-2"}).outcome == "send"


def test_carts_that_a_person_left_in_two_browsers_are_two_carts() -> None:
    left = CartState(Cart(CART, "EUR", 2, 5000, (Line("hat-1", "Hat", 1, 5000),)), at(T0 - DAY), T0 - DAY)
    theirs, journey = told(f"~{OTHER}/hello/one/"), begun_by("cart_abandoned")
    state = known(carts={CART: left})
    assert verdict(state, journey=journey, touches=theirs, message={"cart": CART}) == Verdict("send")


def test_a_rest_makes_no_second_telling_of_what_two_browsers_run_into() -> None:
    theirs = told(f"~{OTHER}/hello/one/", 30 * HOUR)
    assert verdict(known(), journey=begun_by("segment", again_h=24), touches=theirs) == ALREADY


def test_what_shoppers_do_twice_is_two_events_unless_the_journey_rests() -> None:
    theirs = told(f"~{OTHER}/hello/one/", 30 * HOUR)
    event = {"trigger": {"event": "survey_answered"}}
    assert verdict(known(), journey=begun_by("event", **event), touches=theirs).outcome == "send"
    assert verdict(known(), journey=begun_by("event", again_h=24, **event), touches=theirs).outcome == "send"
    assert verdict(known(), journey=begun_by("event", again_h=48, **event), touches=theirs) == ALREADY
    assert verdict(known(), journey=begun_by("event", again_h=None, **event), touches=theirs) == ALREADY


@pytest.mark.parametrize(
    ("on", "now", "why"),
    [
        ("back_in_stock", {"in_stock": False}, "sold out again"),
        ("price_dropped", {"in_stock": False}, "sold out again"),
        ("price_dropped", {"price_minor": 3100}, "price rose again"),
        ("price_dropped", {"price_minor": 3000}, ""),
        ("price_dropped", {"price_minor": 31, "exponent": 0}, "price rose again"),
        ("price_dropped", {"price_minor": 9000, "currency": "CHF"}, ""),
        ("back_in_stock", {"price_minor": 9000}, ""),
        ("back_in_stock", {"in_stock": False, "at": T0 - 1}, ""),  # what was kept before this news
    ],
)
def test_news_of_a_product_that_is_none_any_more_is_not_told(on: Word, now: dict[str, Any], why: str) -> None:
    product = structs.replace(Product("hat-1", 3000, "EUR", 2, True, T0), **now)
    state = known()
    state.enrollments["hello"].words = {"minor": "3000", "currency": "EUR"}
    decided = verdict(state, journey=begun_by(on), message={"about": "hat-1"}, product=product)
    assert decided == (Verdict("skip", why) if why else Verdict("send"))


def test_a_budget_that_is_written_all_the_time_is_asked_again_in_a_moment() -> None:
    facts = facts_of(known(), MESSAGE, JOURNEY, DEMO, now=T0)
    busy = structs.replace(facts, busy=True)
    assert decide(busy) == Verdict("defer", "busy", T0 + BUSY_MS)
    assert decide(structs.replace(busy, limits=None)).rule == "busy", "also a service message"


def test_a_default_that_changes_later_changes_no_old_answer() -> None:
    facts = facts_of(known(), MESSAGE, JOURNEY, DEMO, now=T0)
    kept = msgspec.json.decode(msgspec.json.encode(facts))
    assert kept["limits"] == msgspec.to_builtins(limits_of(DEMO.attention))


async def test_two_browsers_of_a_person_share_a_budget_and_strangers_do_not(redis: Client) -> None:
    mail = Identity(email="a@b.example")
    one, two = known(identity=mail), known(identity=mail)
    two.visitor = OTHER
    theirs = structs.replace(MESSAGE, id="m2", visitor=OTHER)
    two.enrollments["hello"].messages.append("m2")
    strict, journey = shop(messages_per_day=1), begun_by("event", trigger={"event": "x"})
    first = await ask(redis, one, MESSAGE, journey, strict, partitions=4, now=T0)
    assert first.verdict == Verdict("send")
    second = await ask(redis, two, theirs, journey, strict, partitions=4, now=T0 + MINUTE)
    assert second.verdict == Verdict("defer", "messages_per_day", T0 + DAY)
    two.identity = None
    assert (await ask(redis, two, theirs, journey, strict, partitions=4, now=T0)).verdict == Verdict("send")
    # Asked again, after a crash or for another try: it takes its own place.
    again = await ask(redis, one, MESSAGE, journey, strict, partitions=4, now=T0 + 2 * MINUTE)
    assert again.verdict == Verdict("send")


@pytest.mark.parametrize(
    ("address", "share"),
    [
        ("anna+1@b.example", True),
        ("Anna+x+y@B.example", True),
        ("an.na@b.example", False),
        ("a.n.n.a+2@gmail.com", False),
        ("+@b.example", False),
    ],
)
async def test_a_mailbox_has_one_budget_by_however_many_addresses(
    redis: Client, address: str, share: bool
) -> None:
    """Who types somebody's address into forms, each time with another word behind a plus, fills nothing."""
    document = shop(messages_per_day=1, quiet="")
    told = {}
    for number, email in enumerate((address, "anna@b.example", "anna@googlemail.com")):
        vid = f"{number:022}"
        one = structs.replace(known(identity=Identity(email=email)), visitor=vid)
        message = structs.replace(MESSAGE, id=f"m{number}", visitor=vid)
        one.enrollments["hello"].messages = [message.id]
        asked = await ask(redis, one, message, JOURNEY, document, partitions=4, now=T0 + MINUTE + number)
        told[email] = asked.verdict.outcome
    assert told[address] == "send"
    assert (told["anna@b.example"] == "send") is not share
    assert (told["anna@googlemail.com"] == "send") is ("gmail" not in address)


async def test_what_was_seen_on_the_page_counts_and_a_refusal_costs_nothing(redis: Client) -> None:
    state = known(shown=[at(T0 - 2 * HOUR), at(T0 - HOUR)])
    strict = shop(all_per_day=2)
    asked = await ask(redis, state, MESSAGE, JOURNEY, strict, partitions=4, now=T0)
    assert asked.verdict == Verdict("defer", "all_per_day", T0 - 2 * HOUR + DAY)
    assert [key async for key in redis.scan_iter("*:spent:*")] == []


def test_who_wants_less_gets_one_a_week_in_all_their_browsers() -> None:
    less = Preferences([], "less", 0, at(T0))
    touches = (Touch(T0 - DAY, "m0", "message"),)
    assert verdict(known(preferences=less), touches=touches) == Verdict("skip", "less often")
    assert verdict(known(preferences=less), touches=(Touch(T0, "m1", "message"),)) == Verdict("send")
    assert verdict(known(), touches=touches) == Verdict("send")


async def test_who_wants_less_loses_nothing_by_a_service_message(redis: Client) -> None:
    """Monday's order confirmation, Thursday's cart. Of what is no service message one is enough."""
    state = known(preferences=Preferences([], "less", 0, at(T0)))
    confirmed = begun_by("ordered", service=True, topic="news")
    held = state.enrollments["hello"]
    state.enrollments["hello/o-1"] = structs.replace(held, about="o-1", messages=["m0"])
    told = structs.replace(MESSAGE, id="m0", about="o-1")
    assert (await ask(redis, state, told, confirmed, DEMO, partitions=4, now=T0)).verdict.outcome == "send"
    state.deliveries["m0"] = Delivery("hello", "sent", T0 + 1)
    later = T0 + 3 * DAY
    message = structs.replace(MESSAGE, due_at=later)
    asked = await ask(redis, state, message, JOURNEY, DEMO, partitions=4, now=later)
    assert asked.verdict == Verdict("send")
    state.deliveries["m-old"] = Delivery("hello", "sent", T0 + 1)
    asked = await ask(redis, state, message, JOURNEY, DEMO, partitions=4, now=later)
    assert asked.verdict == Verdict("skip", "less often")


async def test_what_did_not_leave_after_all_is_given_back(redis: Client) -> None:
    state, strict = known(), shop(messages_per_day=1)
    assert (await ask(redis, state, MESSAGE, JOURNEY, strict, partitions=4, now=T0)).verdict.outcome == "send"
    await give_back(redis, state, MESSAGE, partitions=4)
    state.enrollments["hello"].messages.append("m2")
    other = structs.replace(MESSAGE, id="m2")
    assert (await ask(redis, state, other, JOURNEY, strict, partitions=4, now=T0)).verdict.outcome == "send"
