"""A no of the person's, or a bounce, that this browser was not told: it told the word just now, or never."""

from __future__ import annotations

from typing import Literal

import msgspec
import pytest

from heimta.journeys.ask import FRESH_MS, ask
from heimta.journeys.decide import decide
from heimta.model.channel import Channel
from heimta.model.event import Customer
from heimta.model.journey import Send
from heimta.model.message import Message
from heimta.model.orders import OrderState
from heimta.model.person import hub_of
from heimta.model.providers import Email, Sms
from heimta.model.providers.email import Confirm
from heimta.model.visitor import ChannelConsent, Identity, Stamp, VisitorState
from heimta.rules.mail.addresses import mark_of
from heimta.store import keys
from heimta.store.connect import Client
from tests.journeys.test_decide import DEMO, begun_by, known
from tests.worker.shop import MINUTE, T0, VISITOR

MAIL = "anna@post.example"
HUB = hub_of("demo", "email", MAIL)
SHOP = msgspec.structs.replace(DEMO, email=Email(host="mail.example", sender="shop@shop.example"))
HELLO = begun_by("event", trigger={"event": "x"}, steps=(Send("one", "email", "Hi", "Hi"),))
MESSAGE = Message("m1", "demo", VISITOR, "hello", "one", "email", "", T0)


def stamp(at: int) -> Stamp:
    return (at, "s", 0)


CONFIRMED = begun_by("ordered", service=True, steps=(Send("one", "email", "Thanks", "Thanks"),))
REFUSED = {"consents": {"email": ChannelConsent(no=stamp(T0 - MINUTE), no_why="provider")}}
STARTED = {"consents": {"email": ChannelConsent(no=stamp(T0 - 2), yes=stamp(T0 - 1))}}
BY_SHOP, BY_HER = ChannelConsent(told=stamp(T0)), ChannelConsent(yes=stamp(T0), yes_why="given")


@pytest.mark.parametrize(
    ("heard", "said", "after_ms", "confirm", "rule"),
    [
        (REFUSED, BY_SHOP, 0, "after_no", "channel off"),
        ({"stopped": stamp(T0 - MINUTE)}, BY_SHOP, 0, "after_no", "stopped"),
        (REFUSED, BY_HER, 0, "never", ""),
        (REFUSED, BY_HER, 0, "after_no", "not confirmed"),  # anybody may have typed her address
        ({"stopped": stamp(T0 - MINUTE)}, BY_HER, 0, "after_no", "not confirmed"),
        (STARTED, BY_SHOP, 0, "after_no", ""),
        (STARTED, BY_HER, 0, "after_no", ""),
        (REFUSED, BY_SHOP, FRESH_MS, "after_no", ""),  # by then it has come, or is not to be known
    ],
)
async def test_the_shop_s_word_on_a_new_browser_does_not_outrun_it(
    redis: Client,
    heard: dict[str, object],
    said: ChannelConsent,
    after_ms: int,
    confirm: Confirm,
    rule: str,
) -> None:
    told = msgspec.structs.replace(VisitorState("demo", HUB), **heard)
    home = keys.partition_of("demo", HUB, 4)
    await redis.set(keys.visitor(home, "demo", HUB), msgspec.msgpack.encode(told))
    assert SHOP.email is not None
    shop = msgspec.structs.replace(SHOP, email=msgspec.structs.replace(SHOP.email, confirm=confirm))
    state = known(identity=Identity(email=MAIL, email_of=stamp(T0)), consents={"email": said})
    asked = await ask(redis, state, MESSAGE, HELLO, shop, partitions=4, now=T0 + after_ms)
    assert (asked.verdict.rule, decide(asked.facts)) == (rule, asked.verdict)


@pytest.mark.parametrize(("dead", "rule"), [(MAIL, "e-mail address is dead"), ("anna@other.example", "")])
async def test_a_dead_address_of_an_order_is_not_written_to_for_a_browser_that_never_told_it(
    redis: Client, dead: str, rule: str
) -> None:
    """A provider's word on it reaches the address's hub, and those browsers that told the address."""
    told = VisitorState("demo", HUB, mail_dead=[mark_of("demo", dead)])
    home = keys.partition_of("demo", HUB, 4)
    await redis.set(keys.visitor(home, "demo", HUB), msgspec.msgpack.encode(told))
    order = OrderState("o-1", T0, 5000, "EUR", "", T0, customer=Customer(email=MAIL))
    signed_in = Identity(email="gift@post.example", email_of=stamp(T0))
    state = known(orders={"o-1": order}, first_at=T0, identity=signed_in)
    state.enrollments["hello/o-1"] = msgspec.structs.replace(state.enrollments["hello"], about="o-1")
    message = msgspec.structs.replace(MESSAGE, about="o-1")
    asked = await ask(redis, state, message, CONFIRMED, SHOP, partitions=4, now=T0 + FRESH_MS)
    assert (asked.verdict.rule, decide(asked.facts)) == (rule, asked.verdict)


@pytest.mark.parametrize(("no_why", "rule"), [("refused", "channel refused"), ("centre", "")])
@pytest.mark.parametrize(("channel", "word"), [("email", MAIL), ("sms", "+4915112345678")])
async def test_a_service_message_heeds_what_the_order_s_own_address_refused(
    redis: Client, channel: Channel, word: str, no_why: str, rule: str
) -> None:
    """The browser never told that address: it came with the order."""
    kind: Literal["email", "phone"] = "email" if channel == "email" else "phone"
    refused = {channel: ChannelConsent(no=stamp(T0 - MINUTE), no_why=no_why)}
    told = VisitorState("demo", hub_of("demo", kind, word), consents=refused)
    home = keys.partition_of("demo", told.visitor, 4)
    await redis.set(keys.visitor(home, "demo", told.visitor), msgspec.msgpack.encode(told))
    order = OrderState("1001", T0, 5000, "EUR", "", T0, customer=Customer(**{kind: word}))
    state = known(orders={"1001": order}, first_at=T0)
    about = msgspec.structs.replace(MESSAGE, about="1001", channel=channel)
    sent = begun_by("ordered", steps=(Send("one", channel, "Hi", "Hi"),), service=True)
    shop = msgspec.structs.replace(SHOP, sms=Sms(account="AC1", sender="+4915100000000", country="DE"))
    asked = await ask(redis, state, about, sent, shop, partitions=4, now=T0 + FRESH_MS)
    assert asked.verdict.rule == rule
