"""A shop's ceilings of SMS and e-mails a day: never broken by any number of senders; what is over waits."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from dataclasses import dataclass

import msgspec
import pytest
from msgspec import structs

from heimta.journeys import decide as decisions
from heimta.journeys.ask import ROOM_MS, Asked, ask, give_back
from heimta.journeys.decide import HELD_MS, Verdict
from heimta.model.campaign import Attention
from heimta.model.documents import ShopDoc
from heimta.model.journey import Journey, Send
from heimta.model.message import Message
from heimta.model.providers import Email, Sms
from heimta.model.visitor import Enrollment, VisitorState
from heimta.model.volume import Limited, Volume
from heimta.rules.send_log import detail, explain
from heimta.store import ceilings, keys
from heimta.store.ceilings import DAY_MS
from heimta.store.connect import Client, connect
from tests.worker.shop import MINUTE, SHOP, T0

HOUR = 60 * MINUTE


@pytest.fixture(autouse=True)
def reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a channel may reach a visitor is asked elsewhere."""
    for question in ("consented", "unreachable"):
        monkeypatch.setattr(decisions, question, lambda *_, **__: "")


@pytest.fixture(params=["sms", "email"])
def ground(request: pytest.FixtureRequest, redis: Client) -> Ground:
    return Ground(redis, request.param)


@dataclass
class Ground:
    """A shop with a ceiling of one channel, and none to speak of beside it."""

    redis: Client
    channel: Limited

    @property
    def rule(self) -> str:
        return f"{self.channel}_per_day"

    @property
    def journey(self) -> Journey:
        steps = (Send("one", self.channel, "A", "B"),)
        return Journey("text", "demo", "Text", "ordered", steps, live=True, holdout_pct=0)

    def shop(self, per_day: int) -> ShopDoc:
        most = {"sms": 1000, "email": 1000, self.channel: per_day}
        return structs.replace(
            SHOP,
            sms=Sms("AC1", "+4915112345678", per_day=most["sms"]),
            email=Email("Demo <me@shop.is>", "mail.shop.is", per_day=most["email"]),
            attention=Attention(),
        )

    async def asked(
        self,
        number: int,
        per_day: int,
        *,
        now: int = T0,
        journey: Journey | None = None,
        redis: Client | None = None,
    ) -> Asked:
        """One message, due now, to a shopper of their own."""
        visitor, about = f"{number:022d}", f"o-{number}"
        message = Message(f"m{number}", "demo", visitor, "text", "one", self.channel, "", now, about=about)
        held = Enrollment("", "treated", 1, T0, ended="done", messages=[message.id], about=about)
        state = VisitorState("demo", visitor, enrollments={f"text/{about}": held})
        wanted, shop = journey or self.journey, self.shop(per_day)
        return await ask(redis or self.redis, state, message, wanted, shop, partitions=4, now=now)

    async def volume(self, now: int) -> Volume:
        found = await ceilings.volumes(self.redis, self.shop(100_000), now=now)
        return next(each for each in found if each.channel == self.channel)


async def test_two_senders_at_once_never_break_it(ground: Ground, store_url: str) -> None:
    other = connect(store_url)
    try:
        lines = itertools.cycle((ground.redis, other))
        both = [ground.asked(number, 20, redis=line) for number, line in zip(range(60), lines, strict=False)]
        outcomes = [each.verdict for each in await asyncio.gather(*both)]
    finally:
        await other.aclose()
    assert outcomes.count(Verdict("send")) == 20
    assert outcomes.count(Verdict("defer", ground.rule, T0 + DAY_MS)) == 40
    assert await ceilings.taken(ground.redis, "demo", ground.channel, now=T0) == 20


async def test_no_24_hours_hold_more_wherever_they_begin(ground: Ground) -> None:
    chance, sent, now = random.Random(7), [], T0
    for number in range(120):
        now += chance.randrange(60 * MINUTE)
        if (await ground.asked(number, 8, now=now)).verdict.outcome == "send":
            sent.append(now)
    assert len(sent) >= 16
    assert all(late - early >= DAY_MS for early, late in zip(sent, sent[8:], strict=False))


async def test_whoever_asks_again_has_their_own_place_and_others_wait_a_little_longer(ground: Ground) -> None:
    assert (await ground.asked(1, 1)).verdict.outcome == "send"
    assert (await ground.asked(1, 1, now=T0 + MINUTE)).verdict.outcome == "send"
    waits = await ground.asked(2, 1, now=T0 + MINUTE + DAY_MS - 1000)
    assert waits.verdict == Verdict("defer", ground.rule, T0 + MINUTE + DAY_MS - 1000 + ROOM_MS)
    facts = json.loads(msgspec.json.encode(waits.facts))
    assert detail(ground.rule, facts) == f"{ground.channel}.per_day is 1"
    assert explain(ground.rule) != ground.rule
    assert decisions.decide(waits.facts) == waits.verdict, "by what the send log keeps"
    assert (await ground.asked(2, 1, now=T0 + MINUTE + DAY_MS)).verdict.outcome == "send"


async def test_what_did_not_leave_gives_its_place_back(ground: Ground) -> None:
    message = Message("m1", "demo", "1" * 22, "text", "one", ground.channel, "", T0)
    assert (await ground.asked(1, 1)).verdict.outcome == "send"
    await give_back(ground.redis, VisitorState("demo", "1" * 22), message, partitions=4)
    assert (await ground.asked(2, 1)).verdict.outcome == "send"
    off = structs.replace(ground.journey, live=False)
    assert (await ground.asked(2, 1, journey=off)).verdict.rule == "journey off"
    assert (await ground.asked(3, 1)).verdict.outcome == "send"
    by_day = await ground.redis.hgetall(keys.sent_by_day("demo", ground.channel))
    assert by_day == {b"%d" % (T0 // DAY_MS): b"1"}


async def test_what_tells_of_an_order_is_counted_and_never_held(ground: Ground) -> None:
    service = structs.replace(ground.journey, service=True)
    for number in range(3):
        assert (await ground.asked(number, 1, journey=service)).verdict.outcome == "send"
    assert (await ground.asked(3, 3)).verdict.rule == ground.rule


async def test_other_channels_and_other_shops_have_nothing_to_do_with_it(ground: Ground) -> None:
    assert (await ground.asked(1, 1)).verdict.outcome == "send"
    other = Ground(ground.redis, "sms" if ground.channel == "email" else "email")
    assert await ceilings.taken(ground.redis, "demo", other.channel, now=T0) == 0
    assert (await other.asked(2, 1)).verdict.outcome == "send"
    push = structs.replace(ground.journey, steps=(Send("one", "push", "A", "B"),))
    message = Message("m9", "demo", "9" * 22, "text", "one", "push", "", T0, about="o-9")
    held = Enrollment("", "treated", 1, T0, ended="done", messages=["m9"], about="o-9")
    state = VisitorState("demo", "9" * 22, enrollments={"text/o-9": held})
    told = await ask(ground.redis, state, message, push, ground.shop(1), partitions=4, now=T0)
    assert told.verdict.outcome == "send" and told.facts.ceiling == 0
    assert await ceilings.taken(ground.redis, "other", ground.channel, now=T0) == 0


async def test_a_week_of_it_is_enough(ground: Ground) -> None:
    assert (await ground.asked(1, 1)).verdict.outcome == "send"
    facts = (await ground.asked(2, 1)).facts
    late = structs.replace(facts, deferred_ms=HELD_MS)
    assert decisions.decide(late) == Verdict("skip", f"held too long: {ground.rule}")


async def test_the_usual_is_the_average_day_and_far_above_it_is_alarm(ground: Ground) -> None:
    number = 0
    for day, count in ((0, 50), (1, 0), (2, 70), (3, 0), (19, 30), (20, 0), (21, 0), (22, 700)):
        for _ in range(count):
            number += 1
            assert not await take(ground, number, now=T0 + day * DAY_MS)
        if day == 3:
            told = await ground.volume(T0 + day * DAY_MS)
            assert told.usual == 25 and told.taken == 0, "of the days 0 and 1; the rest is a day old"
    told = await ground.volume(T0 + 22 * DAY_MS)
    assert told.usual == 15, "of the days 19 and 20: what is older is gone"
    assert told.surge == 1.4 and told.is_alarming and told.used < 0.01
    assert len(await ground.redis.hkeys(keys.sent_by_day("demo", ground.channel))) == 2
    assert not structs.replace(told, usual=71.0).is_alarming, "ten usual days"
    assert not structs.replace(told, taken=499).is_alarming, "a small shop's good day"
    assert structs.replace(told, usual=70_000.0, taken=80_000).is_alarming, "nearly all of the ceiling"


async def test_one_that_is_asked_again_the_next_day_counts_on_that_day_alone(ground: Ground) -> None:
    await take(ground, 1, now=T0)
    await take(ground, 1, now=T0 + DAY_MS - 1)
    day = T0 // DAY_MS
    by_day = await ground.redis.hgetall(keys.sent_by_day("demo", ground.channel))
    assert by_day == {b"%d" % ((T0 + DAY_MS - 1) // DAY_MS): b"1"} and day < (T0 + DAY_MS - 1) // DAY_MS


async def take(ground: Ground, number: int, *, now: int) -> int:
    return await ceilings.take(
        ground.redis, "demo", ground.channel, f"m{number}", most=100_000, insists=False, now=now
    )
