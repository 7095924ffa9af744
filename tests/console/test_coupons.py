"""The coupons' page: what was handed out, what is nearly gone, and what to do before anything was."""

from __future__ import annotations

import html
import re

import msgspec
import pytest

from heimta.model.campaign import Offer
from heimta.store import coupons, documents, ledgers
from heimta.store.connect import Client
from tests.console.browser import Browser
from tests.console.seed import NOW, install
from tests.worker.shop import CAMPAIGN, SHOP

PAGE = "/console/shops/demo/coupons"


async def given(redis: Client, offer: Offer, count: int, *, used: int = 0) -> None:
    campaign = msgspec.structs.replace(CAMPAIGN, id="autumn", name="Autumn <b>sale</b>", offer=offer)
    await documents.put(redis, campaign, now=NOW)
    for n in range(count):
        name = f"{n:022}"
        reason = coupons.page_reasons("demo", name, "autumn", offer, None)[0]
        got = await coupons.hand_out(redis, "demo", [name], offer, reason, 4, now=NOW)
        assert not isinstance(got, str)
        if n < used:
            await coupons.redeem(redis, "demo", got.code, f"o{n}", 4, now=NOW)


def text_of(page: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split()))


async def test_an_offer_shows_what_it_gave_and_how_much_is_left(merchant: Browser, redis: Client) -> None:
    await install(redis)
    await given(redis, Offer("amount", 500, max_coupons=100, budget_minor=90_000), 8, used=2)
    page = (await merchant.get(PAGE)).text
    assert "<b>sale</b>" not in page
    told = text_of(page)
    assert "Autumn <b>sale</b> 5.00 EUR off 8 of 100 coupons 40.00 EUR of 900.00 EUR" in told
    assert "8 2 (25 %) 0 10.00 EUR" in told
    assert "running out" not in told


async def test_what_was_saved_in_another_currency_is_not_told_as_this_one(
    merchant: Browser, redis: Client
) -> None:
    """500 cents are not 500 yen, neither saved nor of the budget."""
    await install(redis)
    await given(redis, Offer("amount", 500, budget_minor=90_000), 3, used=2)
    await documents.put(redis, msgspec.structs.replace(SHOP, currency="JPY"), now=NOW)
    told = text_of((await merchant.get(PAGE)).text)
    assert "0 JPY of 90,000 JPY" in told and "0 JPY + 10.00 EUR" in told


async def test_what_runs_out_is_said_first_and_on_the_campaigns_page(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    await ledgers.fill(redis, "demo", "codes", [f"C-{n}" for n in range(10)])
    await given(redis, Offer("percent", 10, pool="codes"), 8)
    told = text_of((await merchant.get(PAGE)).text)
    assert "“Autumn <b>sale</b>” is running out 2 codes left in codes." in told
    assert "heimta coupons import demo codes FILE" in told
    campaigns = text_of((await merchant.get("/console/shops/demo/campaigns")).text)
    assert "Coupons (1 offer running out)" in campaigns


async def test_the_campaigns_page_counts_each_offer_that_the_coupons_page_tells_of(
    merchant: Browser, redis: Client
) -> None:
    """Two campaigns of one name, as after a copy."""
    await install(redis)
    await ledgers.fill(redis, "demo", "codes", ["C-1"])
    await given(redis, Offer("percent", 10, pool="codes"), 1)
    copy = msgspec.structs.replace(
        CAMPAIGN, id="copy", name="Autumn <b>sale</b>", offer=Offer("percent", 5, pool="codes")
    )
    await documents.put(redis, copy, now=NOW)
    assert text_of((await merchant.get(PAGE)).text).count("is used up") == 2
    campaigns = text_of((await merchant.get("/console/shops/demo/campaigns")).text)
    assert "Coupons (2 offers running out)" in campaigns


async def test_a_budget_that_has_too_little_left_for_another_coupon_is_used_up(
    merchant: Browser, redis: Client
) -> None:
    """Nobody gets one at 60 %, which is no alarm yet by the share alone."""
    await install(redis)
    await given(redis, Offer("amount", 600, budget_minor=1_000), 1)
    told = text_of((await merchant.get(PAGE)).text)
    assert "is used up 6.00 EUR of 10.00 EUR, too little is left for another coupon. Nobody gets" in told


@pytest.mark.parametrize("way", ["off", "raised"])
async def test_an_alarm_ends_with_its_campaign_and_when_the_ceiling_is_raised(
    merchant: Browser, redis: Client, way: str
) -> None:
    await install(redis)
    await given(redis, Offer("percent", 10, max_coupons=8), 8)
    assert "is used up" in text_of((await merchant.get(PAGE)).text)
    if way == "off":
        await documents.set_live(redis, "demo", "campaign", "autumn", False, now=NOW)
        assert "10 % off; switched off" in text_of((await merchant.get(PAGE)).text)
    else:
        await given(redis, Offer("percent", 10, max_coupons=80), 0)
    assert "used up" not in text_of((await merchant.get(PAGE)).text)
    assert "running out" not in text_of((await merchant.get("/console/shops/demo/campaigns")).text)


async def test_before_the_first_offer_the_page_teaches(merchant: Browser, redis: Client) -> None:
    await documents.put(redis, SHOP, now=NOW)
    told = text_of((await merchant.get(PAGE)).text)
    assert "No campaign offers a coupon yet" in told
    assert "heimta coupons import demo NAME codes.csv" in told


async def test_a_pool_names_all_whose_codes_it_holds(merchant: Browser, redis: Client) -> None:
    await install(redis)
    await ledgers.fill(redis, "demo", "codes", ["A-1", "A-2"])
    await ledgers.fill(redis, "demo", "spare", ["B-1"])
    for name in ("Spring", "Autumn"):
        offer = Offer("percent", 10, pool="codes")
        campaign = msgspec.structs.replace(CAMPAIGN, id=name.lower(), name=name, offer=offer)
        await documents.put(redis, campaign, now=NOW)
    told = text_of((await merchant.get(PAGE)).text)
    assert "codes Autumn, Spring 2" in told and "spare no offer uses it 1" in told


async def test_a_deleted_offers_figures_stay(merchant: Browser, redis: Client) -> None:
    await install(redis)
    await given(redis, Offer("percent", 10), 3)
    await redis.hdel("{shop:demo}:docs", "campaign:autumn")
    await redis.incr("{shop:demo}:rev")
    assert "c.autumn deleted 3 0 (0 %)" in text_of((await merchant.get(PAGE)).text)
