"""A number that was told before the shop said whose it is: popups may collect before the gateway is there."""

from __future__ import annotations

import dataclasses

import msgspec

from heimta.model.consent import ConsentNote
from heimta.model.journey import Send
from heimta.model.person import hub_of
from heimta.model.providers import Sms
from heimta.rules.consented import consented
from heimta.worker.effects import Effects
from heimta.worker.timers import fire
from tests.worker.people import ANNA, People
from tests.worker.shop import CONTEXT, JOURNEY, MINUTE, SHOP, T0, cart

TOLD = {"phone": "0170 1234567", "consent": "Yes, by SMS", "campaign": "exit-offer"}
HUB = hub_of("demo", "phone", "+491701234567")
BY_SMS = msgspec.structs.replace(JOURNEY, steps=(Send("remind", "sms", {"en": "Your cart waits"}),))
WITH_SMS = dataclasses.replace(
    CONTEXT,
    shop=msgspec.structs.replace(SHOP, sms=Sms(account="AC1", sender="+4915112345678", country="DE")),
    journeys={"cart-push": (BY_SMS, 1)},
)


def told_before() -> People:
    people = People()
    people.event(ANNA, "visitor_identified", T0, TOLD)
    people.event(ANNA, "cart_updated", T0, {"cart": cart(5000)})
    people.context = WITH_SMS
    return people


def stop(people: People) -> None:
    note = ConsentNote(HUB, "sms", False, "stop_word", at=T0 + 2 * MINUTE)
    people.tell("consent", msgspec.json.encode(note), T0 + 2 * MINUTE)


def test_a_stop_reaches_who_was_there_since() -> None:
    people = told_before()
    people.event(ANNA, "page_viewed", T0 + MINUTE, {})
    stop(people)
    assert consented(people.states[ANNA], "sms") == "channel off"


def test_a_stop_reaches_who_was_written_to_and_never_there_again() -> None:
    people = told_before()
    state, effects = people.states[ANNA], Effects()
    fire(state, context=WITH_SMS, effects=effects, now=T0 + 30 * MINUTE)
    assert [message.channel for message in effects.messages] == ["sms"]
    for _, note in effects.relays:
        people.tell("relay", msgspec.json.encode(note), T0 + 30 * MINUTE)
    stop(people)
    assert consented(state, "sms") == "channel off"


def test_the_same_number_told_again_costs_no_yes() -> None:
    people = told_before()
    people.event(ANNA, "visitor_identified", T0 + MINUTE, {"phone": "+49 170 1234567"})
    assert consented(people.states[ANNA], "sms") == ""
    assert people.states[ANNA].consents["sms"].yes[0] == T0
