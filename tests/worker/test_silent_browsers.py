"""What a person said of messages holds for longer than the browsers are known that it was said in."""

from __future__ import annotations

import json

import msgspec
import pytest

from heimta.model.consent import ConsentNote
from heimta.model.message import DeliveryNote
from heimta.model.person import hub_of
from heimta.model.preferences import PreferencesNote
from heimta.rules.consented import consented
from heimta.store import keys
from heimta.worker.hubs import DAY_MS
from tests.worker.conftest import Desk
from tests.worker.people import ANNA, BEN, MAIL, People, hub
from tests.worker.shop import MINUTE, T0, batch

SILENCE = 100 * DAY_MS  # longer than a browser's state is kept

_json = msgspec.json.Encoder().encode


def no() -> bytes:
    return _json(ConsentNote(hub(), "email", False, "provider", at=T0 + MINUTE))


def stop() -> bytes:
    return _json(PreferencesNote(ANNA, (), "normal", until=0, stop=True))


@pytest.mark.parametrize(("kind", "said"), [("consent", no()), ("preferences", stop())], ids=["no", "stop"])
def test_who_comes_back_after_a_long_silence_hears_of_the_no_again(kind: str, said: bytes) -> None:
    """The hub knows the browser still, by its name; the browser's own state is gone, and the no with it."""
    people = People()
    for who in (ANNA, BEN):
        people.identify(who, T0, email=MAIL)
    people.tell(kind, said, T0 + MINUTE)
    assert consented(people.states[BEN], "email")
    del people.states[BEN]
    people.identify(BEN, T0 + SILENCE, email=MAIL)  # the shop says that it may write there
    assert consented(people.states[BEN], "email") in ("channel off", "stopped")


def test_who_comes_back_after_a_long_silence_hears_of_the_order_again() -> None:
    people = People()
    for who in (ANNA, BEN):
        people.identify(who, T0, email=MAIL)
    del people.states[BEN]
    people.order(T0 + SILENCE, ANNA)
    people.identify(BEN, T0 + SILENCE, email=MAIL)
    assert people.states[BEN].bought_at == T0 + SILENCE


async def test_what_an_address_said_is_kept_as_long_as_its_proof(desk: Desk) -> None:
    """Else the shop's own word would count again, once nobody has been there for a season. A hub of which
    nobody said anything outlives its browsers, which may tell it a month before they are last heard of.
    """
    owner = desk.owner()
    assert await owner.take_over()
    await desk.tell("batch", batch(("visitor_identified", T0, {"email": MAIL}), vid=ANNA), T0)
    await desk.tell("consent", no(), T0 + MINUTE)
    other = json.dumps({"type": "join", "vid": hub("b@example.com"), "member": BEN, "day": 1}).encode()
    await desk.tell("relay", other, T0)
    await owner.fold()

    async def days(name: str) -> int:
        return -(-int(await desk.redis.ttl(keys.visitor(0, "demo", name))) // keys.DAY_S)

    assert await days(hub()) == 3 * 365
    assert (await days(ANNA), await days(hub("b@example.com"))) == (90, 120)


@pytest.mark.parametrize("outcome", ["sent", "unknown"])
def test_a_stop_reaches_who_is_written_to_after_a_long_silence(outcome: str) -> None:
    """Her state is kept by what is sent to her; the number's hub hears of no visit, and had ended."""
    people, number = People(), hub_of("demo", "phone", "+491701234567")
    people.identify(ANNA, T0, phone="+491701234567")
    del people.states[number]
    note = DeliveryNote(ANNA, "m" * 22, "win-back", outcome, channel="sms")
    people.tell("delivery", _json(note), T0 + SILENCE)
    said = ConsentNote(number, "sms", False, "stop_word", at=T0 + SILENCE + MINUTE)
    people.tell("consent", _json(said), T0 + SILENCE + MINUTE)
    assert consented(people.states[ANNA], "sms") == "channel off"


def test_what_was_not_sent_tells_nobody_anything() -> None:
    people = People()
    people.identify(ANNA, T0, email=MAIL)
    people.carried = 0
    people.tell("delivery", _json(DeliveryNote(ANNA, "m" * 22, "win-back", "skipped")), T0)
    assert people.carried == 0
