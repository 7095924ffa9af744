"""A message with a code: the same one at each try, and no message where there is none to give."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from heimta.channels.result import SENT, Delivery, failed, gone
from heimta.model.campaign import Offer
from heimta.model.coupon import Coupon, pool_of
from heimta.model.journey import Send
from heimta.model.providers import ShopApi
from heimta.store import coupons, ledgers, why
from heimta.worker.carriers.texts import say
from heimta.worker.effects import ShopContext
from tests.worker.conftest import Desk
from tests.worker.shop import CONTEXT, JOURNEY, VISITOR, outcomes
from tests.worker.test_owner import LATER
from tests.worker.test_send import SECRETS
from tests.worker.test_send_once import Gateway, due, reached, sender, the_message

__all__ = ["reached"]  # a fixture of its own accord


def context(offer: Offer) -> ShopContext:
    step = Send("remind", "sms", body="{code} for {item}", coupon=offer)
    return replace(CONTEXT, journeys={JOURNEY.id: (msgspec.structs.replace(JOURNEY, steps=(step,)), 1)})


async def test_a_message_that_is_tried_again_has_the_code_it_had(desk: Desk) -> None:
    busy = failed("http_429", permanent=False)
    owner, gateway = await due(desk, "sms"), Gateway(busy, SENT)
    ours = sender(desk, gateway)
    for now in (LATER, LATER + 60_000):
        await ours.send(owner, the_message(owner), context(Offer("percent", 10)), SECRETS, now=now)
    first, second = gateway.jobs
    assert first.coupon is not None and second.coupon is not None
    assert first.coupon.code == second.coupon.code and len(first.coupon.code) >= 12
    assert say(second, second.step.body) == f"{second.coupon.code} for Hat 0"
    restored = await desk.redis.keys("{p00}:restore:demo:*")
    assert restored  # the link brings the cart back with the message's own code
    assert list(outcomes(await desk.state(owner)).values()) == ["sent"]


@pytest.mark.parametrize(("currency", "set_aside"), [("EUR", 500), ("HUF", 100)])
async def test_a_budget_goes_by_carts_in_the_shops_currency_alone(
    desk: Desk, currency: str, set_aside: int
) -> None:
    """The cart holds 50 EUR. In a shop that counts forints the offer's least cart is set aside for."""
    owner, gateway = await due(desk, "sms"), Gateway(SENT)
    own = context(Offer("percent", 10, min_cart_minor=1000))
    own = replace(own, shop=msgspec.structs.replace(own.shop, currency=currency))
    await sender(desk, gateway).send(owner, the_message(owner), own, SECRETS, now=LATER)
    assert [ledger.open_minor for ledger in await ledgers.read(desk.redis, "demo")] == [set_aside]


async def test_a_budget_counts_anew_where_the_shop_has_another_currency_now(desk: Desk) -> None:
    owner, gateway = await due(desk, "sms"), Gateway(SENT)
    own = context(Offer("amount", 700, budget_minor=1000))
    own = replace(own, shop=msgspec.structs.replace(own.shop, currency="HUF"), first_currency="EUR")
    await sender(desk, gateway).send(owner, the_message(owner), own, SECRETS, now=LATER)
    told = [await ledgers.read(desk.redis, "demo", currency, "EUR") for currency in ("HUF", "EUR")]
    assert [one.open_minor for [one] in told] == [700, 0]


@pytest.mark.parametrize("offer", [Offer("percent", 10, pool="empty"), Offer("amount", 500, budget_minor=1)])
async def test_a_message_whose_code_nobody_has_is_not_sent(desk: Desk, offer: Offer) -> None:
    owner, gateway = await due(desk, "sms"), Gateway()
    await sender(desk, gateway).send(owner, the_message(owner), context(offer), SECRETS, now=LATER)
    assert gateway.jobs == [] and not owner.outbox
    assert list(outcomes(await desk.state(owner)).values()) == ["skipped"]
    rows = await why.of(desk.redis, "demo", 0, VISITOR)
    assert [(row.outcome, row.rule) for row in rows] == [("send", ""), ("skip", "no coupon")]


async def test_a_message_whose_code_is_still_made_waits_for_it(desk: Desk) -> None:
    """A hundred are ready, and a thousand messages are due: all but a hundred were skipped for good."""
    offer = Offer("percent", 10, at_shop=True)
    owner, gateway = await due(desk, "sms"), Gateway(SENT)
    api = ShopApi("shopify", "https://demo.myshopify.com")
    own = context(offer)
    own = replace(own, shop=msgspec.structs.replace(own.shop, shop_api=api))
    ours, now = sender(desk, gateway), LATER
    for _ in range(3):
        await ours.send(owner, the_message(owner), own, SECRETS, now=now)
        kept = the_message(owner)
        assert (gateway.jobs, kept.tries, kept.begun_at) == ([], 0, 0)
        assert 10_000 <= kept.not_before - now <= 300_000
        now = kept.not_before
    rows = await why.of(desk.redis, "demo", 0, VISITOR)
    assert sorted((row.outcome, row.rule) for row in rows) == [("retry", "no code yet"), ("send", "")]
    pool = pool_of(offer, f"j.{JOURNEY.id}.remind")
    await ledgers.fill(desk.redis, "demo", pool, ["READY"])
    await ours.send(owner, the_message(owner), own, SECRETS, now=now)
    assert [job.coupon.code for job in gateway.jobs if job.coupon is not None] == ["READY"]
    assert list(outcomes(await desk.state(owner)).values()) == ["sent"]


async def test_a_code_that_nobody_makes_is_not_waited_for(desk: Desk) -> None:
    """The shop's document names no API to make it by."""
    owner, gateway = await due(desk, "sms"), Gateway()
    own = context(Offer("percent", 10, at_shop=True))
    await sender(desk, gateway).send(owner, the_message(owner), own, SECRETS, now=LATER)
    assert list(outcomes(await desk.state(owner)).values()) == ["skipped"]


@pytest.mark.parametrize(
    ("answer", "left"), [(gone("blocked"), 0), (failed("login", permanent=True), 0), (SENT, 1)]
)
async def test_a_code_that_reached_nobody_stands_in_no_other_offers_way(
    desk: Desk, answer: Delivery, left: int
) -> None:
    owner, offer = await due(desk, "sms"), Offer("percent", 10)
    await sender(desk, Gateway(answer)).send(owner, the_message(owner), context(offer), SECRETS, now=LATER)
    [ledger] = await ledgers.read(desk.redis, "demo")
    assert (
        ledger.handed,
        len(await desk.redis.keys("*:coupon:*")),
        len(await desk.redis.keys("*:claim:*")),
    ) == (
        left,
        left,
        left,
    )
    reasons = coupons.page_reasons("demo", VISITOR, "exit-offer", offer, None)
    told = await coupons.hand_out(desk.redis, "demo", [VISITOR], offer, reasons[0], 1, now=LATER)
    assert told == "held" if left else isinstance(told, Coupon)


async def test_of_a_code_that_was_tried_before_nobody_knows_whether_it_was_seen(desk: Desk) -> None:
    slow, refused = failed("http_429", permanent=False), failed("http_400", permanent=True)
    owner, gateway = await due(desk, "sms"), Gateway(slow, refused)
    ours = sender(desk, gateway)
    for now in (LATER, LATER + 60_000):
        await ours.send(owner, the_message(owner), context(Offer("percent", 10)), SECRETS, now=now)
    [ledger] = await ledgers.read(desk.redis, "demo")
    assert ledger.handed == 1
