"""`heimta why`: what became of each message, and every decision made again from the log."""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest
from msgspec import structs

from heimta.commands.why import decide_again
from heimta.journeys.ask import ask
from heimta.journeys.decide import Facts, decide
from heimta.model.attention import Touch
from heimta.model.campaign import Attention
from heimta.model.event import Keys, Subscription
from heimta.model.message import Message
from heimta.model.visitor import Delivery, Enrollment, VisitorState
from heimta.rules.attention import limits_of
from heimta.store import keys, why
from heimta.store.connect import Client
from heimta.store.why import KEEP, Row
from heimta.worker import send_log
from tests.cli.test_cli import environ, heimta
from tests.worker.shop import JOURNEY, SHOP

__all__ = ["environ"]
T0 = 1_763_760_000_000  # 2025-11-21, 21:20 UTC
HOUR = 3_600_000
VISITOR = "v" * 22
HOME = keys.partition_of("demo", VISITOR, 16)
FACTS = Facts(
    now=T0,
    message="m1",
    journey="cart-push",
    step="remind",
    channel="push",
    due_at=T0,
    max_late_min=720,
    zones=("Europe/Berlin", "UTC"),
    limits=limits_of(Attention(quiet="21:00-08:00")),
)


def decided(facts: Facts) -> Row:
    verdict = decide(facts)
    raw = msgspec.Raw(msgspec.json.encode(facts))
    words = (facts.journey, facts.step, facts.channel, verdict.outcome, verdict.rule, verdict.until)
    return Row(facts.now, facts.message, *words, raw)


async def keep(redis: Client, *rows: Row) -> None:
    for row in rows:
        await why.keep(redis, "demo", HOME, VISITOR, row)


async def said(*args: str) -> tuple[int, list[str]]:
    result = await asyncio.to_thread(heimta, "why", "demo", VISITOR, *args)
    return result.exit_code, result.stdout.splitlines()


@pytest.mark.usefixtures("environ")
async def test_each_decision_is_told_with_its_rule_and_made_again(redis: Client) -> None:
    loud = structs.replace(FACTS, now=T0 + 11 * HOUR)
    spent = (Touch(T0 + 10 * HOUR + HOUR // 2, "m0", "message"),)
    sent = Row(T0 + 12 * HOUR, "m1", "cart-push", "remind", "push", "sent")
    await keep(redis, decided(FACTS), decided(structs.replace(loud, touches=spent)), sent)
    assert await said("--replay") == (
        0,
        [
            "2025-11-21T21:20:00+00:00  cart-push/remind  push  deferred: quiet hours, "
            "until 2025-11-22T07:00:00+00:00",
            "    21:00-08:00 in Europe/Berlin, where it was 22:20",
            "2025-11-22T08:20:00+00:00  cart-push/remind  push  deferred: too soon after another message, "
            "until 2025-11-22T08:50:00+00:00",
            "    apart_h is 1; the person had 1 message within a week and 0 popups within a day",
            "2025-11-22T09:20:00+00:00  cart-push/remind  push  sent",
            "2 decisions made again, 2 with the same answer",
        ],
    )
    code, lines = await said("--replay", "--json")
    assert code == 0
    assert [json.loads(line).get("same") for line in lines] == [True, True, None]
    assert json.loads(lines[0])["facts"]["zones"] == ["Europe/Berlin", "UTC"]


@pytest.mark.usefixtures("environ")
async def test_an_answer_that_would_be_another_one_is_told_and_ends_with_1(redis: Client) -> None:
    forged = structs.replace(decided(FACTS), outcome="send", rule="", until=0)
    broken = structs.replace(decided(FACTS), at=T0 + 1, facts=msgspec.Raw(b'{"now":1}'))
    await keep(redis, forged, broken)
    code, lines = await said("--replay")
    assert code == 1
    assert "    decided again: deferred: quiet hours, until 2025-11-22T07:00:00+00:00" in lines
    assert any("cannot be read any more" in line for line in lines)
    assert lines[-1] == "2 decisions made again, 0 with the same answer"


@pytest.mark.usefixtures("environ")
async def test_the_holdout_and_what_was_skipped_before_the_sender_are_told(redis: Client) -> None:
    state = VisitorState(
        "demo",
        VISITOR,
        enrollments={"win-back": Enrollment("", "holdout", 2, T0, ended="holdout")},
        deliveries={"m9": Delivery("cart-push", "skipped", T0)},
    )
    await redis.set(keys.visitor(HOME, "demo", VISITOR), msgspec.msgpack.encode(state))
    _, lines = await said()
    assert lines[0].startswith(
        "journey win-back: begun 2025-11-21T21:20:00+00:00, holdout, version 2; in the"
    )
    assert lines[1] == "2025-11-21T21:20:00+00:00  cart-push  skipped: it is later than the step allows"
    assert lines[2].startswith("nothing was decided for visitor")


async def test_the_log_is_bounded_and_a_row_written_again_is_one(redis: Client) -> None:
    row = decided(FACTS)
    await keep(redis, row, row)
    assert await why.of(redis, "demo", HOME, VISITOR) == [row]
    await keep(redis, *(structs.replace(row, at=T0 + n) for n in range(KEEP + 5)))
    assert len(await why.of(redis, "demo", HOME, VISITOR)) == KEEP
    assert 0 < await redis.ttl(keys.why(HOME, "demo", VISITOR)) <= keys.WHY_TTL_S


@pytest.mark.parametrize("attention", [Attention(), Attention(quiet="21:00-08:00"), Attention(apart_h=4)])
async def test_what_the_sender_writes_is_decided_again_alike(redis: Client, attention: Attention) -> None:
    shop = structs.replace(SHOP, timezone="Europe/Berlin", attention=attention)
    state = VisitorState(
        "demo",
        VISITOR,
        shown=[(T0 - HOUR, "s", 1)],
        subscription=Subscription("https://push.example/x", Keys("k" * 87, "a" * 22)),
        subscribed=(T0 - HOUR, "yes", 0),
        enrollments={JOURNEY.id: Enrollment("", "treated", 1, T0, ended="done", messages=["m1"])},
    )
    message = Message("m1", "demo", VISITOR, JOURNEY.id, "remind", "push", "", T0)
    asked = await ask(redis, state, message, JOURNEY, shop, partitions=4, version=1, now=T0)
    row = send_log.decided(message, asked, T0)
    await keep(redis, row)
    [kept] = await why.of(redis, "demo", HOME, VISITOR)
    again = decide_again(kept)
    assert again is not None and again.same, again
    assert (kept.outcome, kept.rule) == (asked.verdict.outcome, asked.verdict.rule)


@pytest.mark.usefixtures("environ")
async def test_a_product_s_name_makes_no_line_of_its_own(redis: Client) -> None:
    forged = "2025-11-21T21:20:00+00:00  cart-push/remind  push  sent"
    held = Enrollment("", "treated", 1, T0, ended="done", about=f"hat\n{forged}")
    state = VisitorState("demo", VISITOR, enrollments={f"back/hat\n{forged}\x1b[2J": held})
    await redis.set(keys.visitor(HOME, "demo", VISITOR), msgspec.msgpack.encode(state))
    await keep(redis, Row(T0, "m1", "back", "mail", "email", "failed", f"550 no\r\n{forged}"))
    _, lines = await said()
    assert [line.partition(" ")[0] for line in lines] == ["journey", "2025-11-21T21:20:00+00:00"]
    assert not any("\x1b" in line for line in lines) and "failed: 550 no" in lines[1]
