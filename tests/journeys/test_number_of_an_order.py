"""A STOP by the number that an order was given with holds, though the browser never told that number."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import structs

from heimta.journeys.ask import ask
from heimta.journeys.decide import decide
from heimta.model.event import Customer
from heimta.model.journey import Send
from heimta.model.message import Message
from heimta.model.orders import OrderState
from heimta.model.person import hub_of
from heimta.model.providers import Sms
from heimta.model.visitor import ChannelConsent, Identity, Stamp, VisitorState
from heimta.store import keys
from heimta.store.connect import Client
from tests.journeys.test_decide import DEMO, begun_by, known
from tests.worker.shop import MINUTE, T0, VISITOR

NUMBER = "+491701234567"
HUB = hub_of("demo", "phone", NUMBER)
SHOP = structs.replace(DEMO, sms=Sms("AC1", "+4915112345678", country="DE"))
SHIPPED = begun_by("ordered", service=True, steps=(Send("one", "sms", "On its way"),))
MESSAGE = Message("m1", "demo", VISITOR, "hello", "one", "sms", "", T0, about="o-1")


def stamp(at: int) -> Stamp:
    return (at, "sms", 0)


@pytest.mark.parametrize("identity", [None, Identity(id="c-7", id_of=stamp(T0))])
@pytest.mark.parametrize(("start", "outcome"), [(0, "skip"), (T0 + MINUTE, "send")])
async def test_who_was_written_to_about_an_order_and_says_stop_hears_no_more(
    redis: Client, identity: Identity | None, start: int, outcome: str
) -> None:
    order = OrderState("o-1", T0, 5000, "EUR", "", T0, customer=Customer(phone=NUMBER))
    state = known(orders={"o-1": order}, first_at=T0, identity=identity)
    state.enrollments["hello/o-1"] = structs.replace(state.enrollments["hello"], about="o-1")
    assert (await ask(redis, state, MESSAGE, SHIPPED, SHOP, partitions=4, now=T0)).verdict.outcome == "send"
    said = ChannelConsent(yes=stamp(start), no=stamp(T0), yes_why="start_word", no_why="stop_word")
    told = VisitorState("demo", HUB, consents={"sms": said})
    await redis.set(
        keys.visitor(keys.partition_of("demo", HUB, 4), "demo", HUB), msgspec.msgpack.encode(told)
    )
    asked = await ask(redis, state, MESSAGE, SHIPPED, SHOP, partitions=4, now=T0 + 2 * MINUTE)
    assert (asked.verdict.outcome, decide(asked.facts)) == (outcome, asked.verdict)
