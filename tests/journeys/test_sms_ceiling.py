"""A shop's ceiling of SMS a day: never broken by any number of senders; what is over waits."""

from __future__ import annotations

import asyncio
import itertools
import random

import pytest
from msgspec import structs

from heimta.journeys import decide as decisions
from heimta.journeys.ask import ROOM_MS, Asked, ask, give_back
from heimta.journeys.decide import HELD_MS, Verdict
from heimta.model.campaign import Attention
from heimta.model.documents import ShopDoc
from heimta.model.journey import Journey, Send
from heimta.model.message import Message
from heimta.model.providers import Sms
from heimta.model.visitor import Enrollment, VisitorState
from heimta.rules.send_log import detail, explain
from heimta.store import ceilings
from heimta.store.ceilings import DAY_MS
from heimta.store.connect import Client, connect
from tests.worker.shop import MINUTE, SHOP, T0

JOURNEY = Journey(
    "text", "demo", "Text", "ordered", (Send("one", "sms", body="Hi"),), live=True, holdout_pct=0
)
HOUR = 60 * MINUTE


@pytest.fixture(autouse=True)
def reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a channel may reach a visitor is asked elsewhere."""
    for question in ("consented", "unreachable"):
        monkeypatch.setattr(decisions, question, lambda *_, **__: "")


def shop(per_day: int) -> ShopDoc:
    return structs.replace(SHOP, sms=Sms("AC1", "+4915112345678", per_day=per_day), attention=Attention())


async def asked(
    redis: Client, number: int, document: ShopDoc, *, now: int = T0, journey: Journey = JOURNEY
) -> Asked:
    """One message, due now, to a shopper of their own."""
    visitor = f"{number:022d}"
    message = Message(f"m{number}", "demo", visitor, "text", "one", "sms", "", now, about=f"o-{number}")
    held = Enrollment("", "treated", 1, T0, ended="done", messages=[message.id], about=message.about)
    state = VisitorState("demo", visitor, enrollments={f"text/{message.about}": held})
    return await ask(redis, state, message, journey, document, partitions=4, now=now)


async def test_two_senders_at_once_never_break_it(redis: Client, store_url: str) -> None:
    other = connect(store_url)
    try:
        both = [
            asked(line, number, shop(20)) for number, line in zip(range(60), itertools.cycle((redis, other)))
        ]
        outcomes = [each.verdict for each in await asyncio.gather(*both)]
    finally:
        await other.aclose()
    assert outcomes.count(Verdict("send")) == 20
    assert outcomes.count(Verdict("defer", "sms_per_day", T0 + DAY_MS)) == 40
    assert await ceilings.taken(redis, "demo", now=T0) == 20


async def test_no_24_hours_hold_more_wherever_they_begin(redis: Client) -> None:
    chance, sent, now = random.Random(7), [], T0
    for number in range(120):
        now += chance.randrange(60 * MINUTE)
        if (await asked(redis, number, shop(8), now=now)).verdict.outcome == "send":
            sent.append(now)
    assert len(sent) >= 16
    assert all(late - early >= DAY_MS for early, late in zip(sent, sent[8:], strict=False))


async def test_whoever_asks_again_has_their_own_place_and_others_wait_a_little_longer(redis: Client) -> None:
    assert (await asked(redis, 1, shop(1))).verdict.outcome == "send"
    assert (await asked(redis, 1, shop(1), now=T0 + MINUTE)).verdict.outcome == "send"
    waits = await asked(redis, 2, shop(1), now=T0 + MINUTE + DAY_MS - 1000)
    assert waits.verdict == Verdict("defer", "sms_per_day", T0 + MINUTE + DAY_MS - 1000 + ROOM_MS)
    assert detail("sms_per_day", {"sms_per_day": waits.facts.sms_per_day}) == "sms.per_day is 1"
    assert explain("sms_per_day") != "sms_per_day"
    assert decisions.decide(waits.facts) == waits.verdict, "by what the send log keeps"
    assert (await asked(redis, 2, shop(1), now=T0 + MINUTE + DAY_MS)).verdict.outcome == "send"


async def test_what_did_not_leave_gives_its_place_back(redis: Client) -> None:
    message = Message("m1", "demo", "1" * 22, "text", "one", "sms", "", T0)
    assert (await asked(redis, 1, shop(1))).verdict.outcome == "send"
    await give_back(redis, VisitorState("demo", "1" * 22), message, partitions=4)
    assert (await asked(redis, 2, shop(1))).verdict.outcome == "send"
    off = structs.replace(JOURNEY, live=False)
    assert (await asked(redis, 2, shop(1), journey=off)).verdict.rule == "journey off"
    assert (await asked(redis, 3, shop(1))).verdict.outcome == "send"


async def test_what_tells_of_an_order_is_counted_and_never_held(redis: Client) -> None:
    service = structs.replace(JOURNEY, service=True)
    for number in range(3):
        assert (await asked(redis, number, shop(1), journey=service)).verdict.outcome == "send"
    assert (await asked(redis, 3, shop(3))).verdict.rule == "sms_per_day"


async def test_other_channels_and_other_shops_have_nothing_to_do_with_it(redis: Client) -> None:
    assert (await asked(redis, 1, shop(1))).verdict.outcome == "send"
    mail = structs.replace(JOURNEY, steps=(Send("one", "email", "A", "B"),))
    message = Message("m9", "demo", "9" * 22, "text", "one", "email", "", T0, about="o-9")
    held = Enrollment("", "treated", 1, T0, ended="done", messages=["m9"], about="o-9")
    state = VisitorState("demo", "9" * 22, enrollments={"text/o-9": held})
    told = await ask(redis, state, message, mail, shop(1), partitions=4, now=T0)
    assert told.verdict.outcome == "send" and told.facts.sms_per_day == 0
    assert await ceilings.taken(redis, "other", now=T0) == 0


async def test_a_week_of_it_is_enough(redis: Client) -> None:
    assert (await asked(redis, 1, shop(1))).verdict.outcome == "send"
    facts = (await asked(redis, 2, shop(1))).facts
    late = structs.replace(facts, deferred_ms=HELD_MS)
    assert decisions.decide(late) == Verdict("skip", "held too long: sms_per_day")
