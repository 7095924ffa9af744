"""Coupons made at the shop in advance, against its API as published."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from heimta.model.campaign import Offer, Prize
from heimta.model.coupon import Coupon
from heimta.model.journey import Journey, Send
from heimta.rules.coupons import offers_of
from heimta.store import coupons, documents, keys, ledgers
from heimta.worker.mint import LOW, SHELF_MS
from tests.worker.minting import BOTH, POOL, SOURCE, Made
from tests.worker.shop import CAMPAIGN, JOURNEY, MINUTE, SHOP, T0


@BOTH
@pytest.mark.parametrize("kind", ["percent", "amount", "free_shipping"])
async def test_a_code_is_good_at_the_shop_before_anyone_gets_it(made: Made, platform: str, kind: str) -> None:
    offer = Offer(kind, 15, prefix="HI", expires_min=60, min_cart_minor=4000, at_shop=True)  # type: ignore[arg-type]
    await made.mint(platform, offer).look()
    assert await made.left() == 100
    reason = coupons.page_reasons("demo", "v" * 22, "exit-offer", offer, None)[0]
    got = await coupons.hand_out(made.redis, "demo", ["v" * 22], offer, reason, 4, now=T0)
    assert isinstance(got, Coupon)
    assert got.code.startswith("HI") and len(got.code) == 14
    rule = made.stub.codes[got.code]
    assert rule["usageLimit" if platform == "shopify" else "usage_limit"] == 1
    assert (
        _worth(rule)
        == {
            "shopify": {
                "percent": ({"percentage": 0.15}, {"all": True}, "40.00"),
                "amount": (
                    {"discountAmount": {"amount": "0.15", "appliesOnEachItem": False}},
                    {"all": True},
                    "40.00",
                ),
                "free_shipping": ("shipping", {"all": True}, "40.00"),
            },
            "woocommerce": {
                "percent": ("percent", "15", "40.00"),
                "amount": ("fixed_cart", "0.15", "40.00"),
                "free_shipping": ("fixed_cart", "0", "40.00"),
            },
        }[platform][kind]
    )
    # Of a time without a zone the shop would take its own.
    until = datetime.fromisoformat(rule["endsAt" if platform == "shopify" else "date_expires"])
    assert until.utcoffset() == timedelta()
    ends = until.timestamp() * 1000
    assert got.expires_at <= ends <= got.expires_at + SHELF_MS


def _worth(rule: dict[str, Any]) -> tuple[Any, Any, str]:
    if "usageLimit" in rule:
        least = rule["minimumRequirement"]["subtotal"]["greaterThanOrEqualToSubtotal"]
        gets = rule.get("customerGets", {"value": "shipping", "items": rule.get("destination")})
        return gets["value"], gets["items"], least
    return rule["discount_type"], rule["amount"], rule["minimum_amount"]


@BOTH
async def test_a_pool_is_filled_before_it_is_empty_and_not_before(made: Made, platform: str) -> None:
    mint = made.mint(platform, Offer("percent", 10, at_shop=True))
    await mint.look()
    asked = len(made.stub.asked)
    for _ in range(100 - LOW):
        await made.redis.lpop(keys.pool("demo", POOL))
        await mint.look()
    assert len(made.stub.asked) == asked
    await made.redis.lpop(keys.pool("demo", POOL))
    await mint.look()
    assert await made.left() == 100 + LOW - 1
    assert mint.figures.made == {("demo", "made"): 200}


async def test_what_ends_too_soon_makes_way(made: Made) -> None:
    mint = made.mint("shopify", Offer("percent", 10, at_shop=True))
    await mint.look()
    old = set(made.stub.codes)
    made.now += SHELF_MS - 23 * 60 * MINUTE
    await mint.look()
    assert await made.left() == 100
    kept = {code.decode().split()[0] for code in await made.redis.lrange(keys.pool("demo", POOL), 0, -1)}
    assert not kept & old


async def test_an_offer_that_is_changed_gives_codes_that_are_worth_what_it_says(made: Made) -> None:
    """Ten percent became twenty: what was made in advance gives ten at the shop."""
    ten, twenty = Offer("percent", 10, at_shop=True), Offer("percent", 20, at_shop=True)
    await made.mint("shopify", ten).look()
    changed = made.mint("shopify", twenty)
    reason = coupons.page_reasons("demo", "v" * 22, "exit-offer", twenty, None)[0]
    assert await coupons.hand_out(made.redis, "demo", ["v" * 22], twenty, reason, 4, now=T0) == "empty"
    await changed.look()
    got = await coupons.hand_out(made.redis, "demo", ["v" * 22], twenty, reason, 4, now=T0)
    assert isinstance(got, Coupon) and made.stub.codes[got.code]["customerGets"]["value"] == {
        "percentage": 0.2
    }
    made.now += SHELF_MS
    await changed.look()
    assert list(await ledgers.pools(made.redis, "demo")) == [f"{SOURCE}.percent-20-0"]


async def test_who_is_in_a_journey_as_it_was_has_codes_of_its_own_for_a_month(made: Made) -> None:
    def sends(step: str, percent: int) -> Journey:
        send = Send(step, "email", "Hi", "{code}", coupon=Offer("percent", percent, at_shop=True))
        return msgspec.structs.replace(JOURNEY, steps=(send,), live=True)

    for journey in (sends("mail", 10), sends("post", 15)):
        await documents.put(made.redis, journey, now=T0)
    await documents.put(made.redis, SHOP, now=T0)
    read = await documents.read(made.redis, "demo")
    assert read is not None
    mint = made.mint("shopify", Offer("percent", 5), older=read.older, replaced=read.replaced)
    await mint.look()
    assert await ledgers.pools(made.redis, "demo") == {"j.cart-push.mail.percent-10-0": 100}
    made.now += 31 * 24 * 60 * MINUTE
    await mint.look()
    assert await ledgers.pools(made.redis, "demo") == {}


@BOTH
async def test_a_code_that_the_shop_refused_is_not_handed_out(
    made: Made, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = iter(range(1000))
    monkeypatch.setattr("heimta.worker.mint.new_code", lambda prefix: f"CODE{next(numbers):03}")
    made.stub.known = {"CODE003", "CODE007"}
    await made.mint(platform, Offer("percent", 10, at_shop=True)).look()
    assert await made.left() == 98
    pool = {code.decode().split()[0] for code in await made.redis.lrange(keys.pool("demo", POOL), 0, -1)}
    assert not pool & made.stub.known


async def test_the_figures_are_of_live_offers_by_the_ceilings_they_have_now(made: Made) -> None:
    offer = Offer("percent", 10, max_coupons=1)
    reason = coupons.page_reasons("demo", "v" * 22, "exit-offer", offer, None)[0]
    await coupons.hand_out(made.redis, "demo", ["v" * 22], offer, reason, 4, now=T0)

    async def told(offer: Offer, *, live: bool = True) -> dict[str, int]:
        mint = made.mint("shopify", offer, live=live)
        await mint.look()
        return {each.source: each.used_pct for each in mint.figures.ledgers}

    assert await told(offer) == {SOURCE: 100}
    assert await told(Offer("percent", 10, max_coupons=4)) == {SOURCE: 25}
    assert await told(offer, live=False) == {}


def test_every_offer_is_known_by_its_ledgers_name() -> None:
    prizes = (Prize(60, Offer("percent", 5)), Prize(40, Offer("amount", 500)))
    wheel = msgspec.structs.replace(CAMPAIGN, id="wheel", offer=None, prizes=prizes, live=False)
    steps = (*JOURNEY.steps, Send("sms", "sms", coupon=Offer("percent", 15)))
    journey = msgspec.structs.replace(JOURNEY, steps=steps)
    found = [(each.source, each.part, each.live) for each in offers_of([CAMPAIGN, wheel], [journey])]
    assert found == [
        ("c.exit-offer", "", True),
        ("c.wheel.0", "prize 1", False),
        ("c.wheel.1", "prize 2", False),
        ("j.cart-push.sms", "sms", True),
    ]


async def test_codes_that_nobody_used_expire_though_nobody_asks_for_another(made: Made) -> None:
    """In the morning the console said "used up" of an offer whose codes had all run out overnight."""
    offer = Offer("amount", 500, expires_min=60, max_coupons=900, budget_minor=125_000)
    for n in range(250):
        name = f"{n:022}"
        reason = coupons.page_reasons("demo", name, "exit-offer", offer, None)[0]
        assert isinstance(
            await coupons.hand_out(made.redis, "demo", [name], offer, reason, 4, now=T0), Coupon
        )
    mint = made.mint("shopify", offer)
    await mint.look()
    assert mint.figures.ledgers[0].used_pct == 100
    made.now = T0 + 61 * MINUTE
    await mint.look()
    (ledger,) = mint.figures.ledgers
    assert (ledger.handed, ledger.expired, ledger.open_minor, ledger.used_pct) == (250, 250, 0, 27)
