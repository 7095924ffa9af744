"""The overview says what the store holds, to the cent, and no more than it can prove."""

from __future__ import annotations

import re

import msgspec
import pytest

from heimta.store import documents, keys
from heimta.store.connect import Client
from tests.console.browser import Browser
from tests.console.seed import (
    BELL,
    DAY_MS,
    EXIT,
    HOUR_MS,
    JOURNEY,
    NOW,
    PARTITIONS,
    SHOP,
    SURVEY,
    Past,
    install,
    months,
    sums,
)


def figures(page: str) -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(r'data-metric="(\w+)" value="(-?\d+)"', page)}


async def test_the_numbers_equal_what_was_counted(merchant: Browser, redis: Client) -> None:
    await install(redis)
    past = await months(redis)
    page = (await merchant.get("/console/shops/demo?days=90")).text
    assert figures(page) == {
        "abandoned": past.total["abandoned"],
        "abandoned_minor": past.total["abandoned_minor.EUR"],
        "recovered": past.total["recovered"],
        "recovered_minor": past.total["recovered_minor.EUR"],
        "orders": past.total["orders"],
        "orders_minor": past.total["orders_minor.EUR"],
    }
    euros, cents = divmod(past.total["orders_minor.EUR"], 100)
    assert f"{euros:,}.{cents:02}\u202fEUR" in page


@pytest.mark.parametrize(("days", "count"), [("7", 1), ("28", 3), ("90", 7), ("3650", 3), ("x", 3)])
async def test_only_the_chosen_days_count(merchant: Browser, redis: Client, days: str, count: int) -> None:
    await install(redis)
    past = Past(redis)
    for by, back in ((1, 6), (2, 27), (4, 89), (8, 90)):
        past.count("abandoned", by, at=NOW - back * DAY_MS)
    await past.write()
    page = (await merchant.get(f"/console/shops/demo?days={days}")).text
    assert figures(page)["abandoned"] == count


async def test_a_day_ends_at_the_shops_midnight(merchant: Browser, redis: Client) -> None:
    """22:20 in Berlin: 23 hours ago was yesterday, although it is today's date in no timezone west of it."""
    await install(redis)
    past = Past(redis)
    past.count("abandoned", at=NOW - 23 * HOUR_MS)
    await past.write()
    page = (await merchant.get("/console/shops/demo?days=7")).text
    assert '<th scope="row">20 Nov</th><td>1</td>' in page
    assert '<th scope="row">21 Nov</th><td>0</td>' in page


async def test_currencies_stand_side_by_side(merchant: Browser, redis: Client) -> None:
    await install(redis)
    past = Past(redis)
    past.count("orders_minor.EUR", 123_456, at=NOW)
    past.count("orders_minor.ISK", 9_900, at=NOW)
    await past.write()
    page = (await merchant.get("/console/shops/demo")).text
    assert "1,234.56\u202fEUR + 9,900\u202fISK" in page
    assert '<dd class="long"><data data-metric="orders_minor"' in page  # smaller, so that it fits its card
    assert '<dd><data data-metric="recovered_minor"' in page


async def test_it_says_that_what_was_sent_back_is_taken_off(merchant: Browser, redis: Client) -> None:
    await install(redis)
    page = (await merchant.get("/console/shops/demo")).text
    assert "of all orders, less what the shop said was sent back" in page


async def test_the_rate_stands_beside_its_reference(merchant: Browser, redis: Client) -> None:
    await install(redis)
    past = Past(redis)
    for metric, by in (("carts", 200), ("abandoned", 150), ("recovered", 30)):
        past.count(metric, by, at=NOW)
    assert "No cart was begun. Other shops" in (await merchant.get("/console/shops/demo")).text
    await past.write()
    page = (await merchant.get("/console/shops/demo")).text
    assert "60.0\u202f%" in page and "69.99\u202f%" in page and "baymard.com" in page


@pytest.mark.parametrize(
    ("abandoned", "recovered", "rate"),
    [(10, 2, "80.0\u202f%"), (2, 5, "\u2013"), (20, 2, "\u2013")],
    ids=["of these days", "most recovered were left before", "most left were begun before"],
)
async def test_carts_of_the_days_before_make_no_rate_of_nothing_or_all(
    merchant: Browser, redis: Client, abandoned: int, recovered: int, rate: str
) -> None:
    await install(redis)
    past = Past(redis)
    for metric, by in (("carts", 10), ("abandoned", abandoned), ("recovered", recovered)):
        past.count(metric, by, at=NOW)
    await past.write()
    page = (await merchant.get("/console/shops/demo?days=7")).text
    assert f"<dt>Abandonment rate</dt><dd>{rate}</dd>" in page
    assert ("10 carts begun, too few beside those of the days before" in page) is (rate == "\u2013")
    assert ("some were abandoned before these days" in page) is (recovered > abandoned)


async def test_a_new_shop_is_taught_to_paste_the_tag(merchant: Browser, redis: Client) -> None:
    await install(redis)
    page = (await merchant.get("/console/shops/demo")).text
    assert "Paste the tag, and this page fills itself" in page
    assert "About 1,300 more shoppers until the first answer." in page


async def test_what_was_earned_in_another_currency_is_not_told_as_this_one(
    merchant: Browser, redis: Client
) -> None:
    """Bulgaria's shops have the euro since January 2026; their leva stay leva."""
    await documents.put(redis, msgspec.structs.replace(SHOP, currency="BGN"), now=NOW - 10 * DAY_MS)
    await install(redis)
    await sums(redis, "exit-offer", {"a": (6_200, 800, 8_000), "holdout": (6_200, 500, 8_000)})
    assert "more than without it, so far" not in (await merchant.get("/console/shops/demo")).text
    await sums(redis, "exit-offer~EUR", {"a": (6_200, 800, 8_000), "holdout": (6_200, 500, 8_000)})
    page = (await merchant.get("/console/shops/demo")).text
    assert re.search(r'class="big good">[\d,]+\u2013[\d,]+\u202fEUR', page)
    since = "since the first shopper met while the shop\u2019s currency was EUR"
    assert since in page and since in (await merchant.get("/console/shops/demo/campaigns")).text
    journey = {"treated": (40, 7, 900), "holdout": (5, 1, 900)}
    await sums(redis, "j.cart-back~EUR", journey)
    page = (await merchant.get("/console/shops/demo/journeys/cart-back")).text
    assert (
        figures(page)["ordered"] == 7
        and "of 40 shoppers met while the shop\u2019s currency was EUR so far" in page
    )


async def test_the_first_answer_is_waited_for_of_what_is_on_alone(merchant: Browser, redis: Client) -> None:
    """No shopper meets a draft, however few it would take."""
    await install(redis)
    await documents.put(redis, msgspec.structs.replace(EXIT, holdout_pct=10), now=NOW)
    await documents.put(redis, msgspec.structs.replace(EXIT, id="draft", holdout_pct=50, live=False), now=NOW)
    page = (await merchant.get("/console/shops/demo")).text
    assert "About 6,300 more shoppers until the first answer." in page
    for name in ("exit-offer", "why-not"):
        await documents.set_live(redis, "demo", "campaign", name, False, now=NOW)
    await documents.set_live(redis, "demo", "journey", "cart-back", False, now=NOW)
    page = (await merchant.get("/console/shops/demo")).text
    assert 'class="big unknown">Not yet known' in page and "until the first answer" not in page


async def test_a_shop_without_a_campaign_is_led_to_the_templates(merchant: Browser, redis: Client) -> None:
    await documents.put(redis, SHOP, now=NOW)
    page = (await merchant.get("/console/shops/demo")).text
    assert (
        'There is no campaign yet. <a href="/console/shops/demo/templates">Start from a template</a>' in page
    )


async def test_what_was_earned_is_an_interval_once_it_is_known(merchant: Browser, redis: Client) -> None:
    await install(redis)
    await documents.set_live(redis, "demo", "campaign", "bell", True, now=NOW)
    await sums(redis, "exit-offer", {"a": (6_200, 800, 8_000), "holdout": (6_200, 500, 8_000)})
    page = (await merchant.get("/console/shops/demo")).text
    assert re.search(r'class="big good">[\d,]+\u2013[\d,]+\u202fEUR', page)
    assert "more than without it, so far" in page
    assert "2 more are not yet known. 1 has nobody to compare with." in page  # the bell, without a holdout


async def test_a_sum_of_several_says_that_an_order_may_be_in_it_twice(
    merchant: Browser, redis: Client
) -> None:
    """A popup asks for the address and a journey writes to it: the order is what either of them earned."""
    await install(redis)
    arms = {"a": (6_200, 800, 8_000), "holdout": (6_200, 500, 8_000)}
    await sums(redis, "exit-offer", arms)
    page = (await merchant.get("/console/shops/demo")).text
    assert ">Earned beyond what shoppers would have bought anyway<" in page and "in it twice" not in page
    await documents.put(redis, msgspec.structs.replace(JOURNEY, holdout_pct=50), now=NOW)
    await sums(redis, "j.cart-back", {"treated": arms["a"], "holdout": arms["holdout"]})
    page = (await merchant.get("/console/shops/demo")).text
    assert ">What each earned beyond what its shoppers would have bought anyway, added up<" in page
    assert "so this is not what all of them earned together" in page and "is in it twice" in page
    before, told = page.split("<summary>Why this is not what all of them earned together</summary>")
    assert "Each is held against" not in before and "Each is held against" in told  # the headline stays short


async def test_a_legend_stands_only_above_a_plot(merchant: Browser, redis: Client) -> None:
    await install(redis)
    assert 'class="key-recovered"' not in (await merchant.get("/console/shops/demo")).text
    past = Past(redis)
    past.count("abandoned", 3, at=NOW)
    await past.write()
    assert 'class="key-recovered"' in (await merchant.get("/console/shops/demo")).text


async def test_drafts_are_no_figures(merchant: Browser, redis: Client) -> None:
    await documents.put(redis, SHOP, now=NOW)
    for number in range(3):
        draft = msgspec.structs.replace(EXIT, id=f"draft-{number}", name="A draft", live=False)
        await documents.put(redis, draft, now=NOW)
    page = (await merchant.get("/console/shops/demo")).text
    assert "Nothing to measure yet" in page and "What could be measured is a draft" in page
    await install(redis)
    await sums(redis, "exit-offer", {"a": (6_200, 800, 8_000), "holdout": (6_200, 500, 8_000)})
    page = (await merchant.get("/console/shops/demo")).text
    assert "2 more are not yet known. It is revenue" in page and "A draft" not in page  # nor is the bell
    await sums(redis, "draft-0", {"holdout": (1, 0, 0)})
    assert (await merchant.get("/console/shops/demo")).text.count("A draft") == 1


async def test_a_service_journey_is_neither_waited_for_nor_takes_a_share_of_alpha(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    await sums(redis, "exit-offer", {"a": (6_200, 800, 8_000), "holdout": (6_200, 500, 8_000)})
    before = (await merchant.get("/console/shops/demo")).text
    for number in range(5):
        thanks = msgspec.structs.replace(JOURNEY, id=f"thanks-{number}", name="Thank you", service=True)
        await documents.put(redis, thanks, now=NOW)
    page = (await merchant.get("/console/shops/demo")).text
    assert "Thank you" not in page and "2 more are not yet known" in page
    interval = re.compile(r'class="big good">([^<]+)<')
    assert interval.findall(page) == interval.findall(before) != []


async def test_a_shop_of_service_journeys_alone_is_told_why_nothing_is_measured(
    merchant: Browser, redis: Client
) -> None:
    await documents.put(redis, SHOP, now=NOW)
    await documents.put(redis, msgspec.structs.replace(JOURNEY, service=True), now=NOW)
    page = (await merchant.get("/console/shops/demo")).text
    assert "Nothing to measure yet" in page and "Service journeys go to everybody" in page


@pytest.mark.parametrize("at", ["/console/shops/demo", "/console/shops/demo/campaigns"])
async def test_what_can_have_no_answer_widens_no_interval(merchant: Browser, redis: Client, at: str) -> None:
    await install(redis)
    await sums(redis, "exit-offer", {"a": (6_200, 800, 8_000), "holdout": (6_200, 500, 8_000)})
    switch, form = f"{at}/exit-offer/live", {"csrf": await merchant.token(at), "live": "on"}

    async def earned() -> list[str]:
        page = (await merchant.get(at)).text
        if at.endswith("campaigns"):  # the row that a switch answers with says the same
            page += (await merchant.post(switch, data=form, headers={"HX-Request": "true"})).text
        return re.findall(r"[\d,]+\u2013[\d,]+\u202fEUR", page)

    before = await earned()
    for number in range(30):
        await documents.put(redis, msgspec.structs.replace(EXIT, id=f"draft-{number}", live=False), now=NOW)
    await sums(redis, "bell", {"a": (9_000, 900, 8_000)})  # met by many, and holds out nobody
    assert len(before) == 2 and await earned() == before
    await sums(redis, "draft-0", {"holdout": (1, 0, 0)})  # met once: it shares alpha from now on
    wider = await earned()
    assert len(wider) == 2 and wider != before


async def test_a_journey_is_counted_under_its_own_name(merchant: Browser, redis: Client) -> None:
    await install(redis)
    await sums(redis, "j.cart-back", {"treated": (400, 31, 8_000), "holdout": (40, 3, 8_000)})
    page = (await merchant.get("/console/shops/demo")).text
    assert "31 of 50 orders, entered" in page and "3 of 50 orders, held out" in page


async def test_without_a_holdout_nothing_is_claimed(merchant: Browser, redis: Client) -> None:
    await install(redis)
    await sums(redis, "bell", {"a": (9_000, 900, 8_000)})
    page = (await merchant.get("/console/shops/demo")).text
    assert "Nobody is held out, so there is nobody to compare with" in page
    assert 'class="big unknown">Not yet known' in page
    for document in (EXIT, SURVEY, JOURNEY):
        await documents.put(redis, msgspec.structs.replace(document, holdout_pct=0), now=NOW)
    page = (await merchant.get("/console/shops/demo")).text
    assert 'class="big unknown">Cannot be known' in page and "Not yet known" not in page
    assert "4 campaigns and journeys have nobody to compare with" in page
    await documents.put(redis, msgspec.structs.replace(BELL, holdout_pct=100), now=NOW)
    await redis.delete(*[keys.lift(partition, "demo", "bell") for partition in range(PARTITIONS)])
    page = (await merchant.get("/console/shops/demo")).text
    assert "All are held out, so there is nobody to compare with" in page


async def test_it_says_what_is_not_in_what_was_earned(merchant: Browser, redis: Client) -> None:
    await install(redis)
    await sums(redis, "exit-offer", {"a": (6_200, 800, 8_000), "holdout": (6_200, 500, 8_000)})
    page = (await merchant.get("/console/shops/demo")).text
    assert "It is revenue, less what the shop said was sent back; what goods and messages cost is not" in page
    assert "other currencies" not in page
    past = Past(redis)
    past.count("orders_minor.CHF", 123_456, at=NOW)
    await past.write()
    page = (await merchant.get("/console/shops/demo")).text
    assert "Orders in other currencies than EUR are not in it." in page


async def test_a_holdout_that_orders_too_seldom_is_not_called_missing(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    await documents.set_live(redis, "demo", "campaign", "bell", True, now=NOW)
    await sums(redis, "j.cart-back", {"treated": (18_000, 0, 0), "holdout": (2_000, 0, 0)})
    page = (await merchant.get("/console/shops/demo")).text
    assert "No answer in sight: 0 of 20,000 shoppers ordered. Orders come by" in page
    assert "is it in place, and does it name the visitor, or the customer?" in page
    assert page.count("so there is nobody to compare with") == 1  # the bell, without a holdout
    await sums(redis, "j.cart-back", {"treated": (180_000, 9, 900), "holdout": (20_000, 1, 900)})
    page = (await merchant.get("/console/shops/demo")).text
    assert "No answer in sight: 10 of 200,000 shoppers ordered" in page
    assert "does it name the visitor" not in page


async def test_figures_from_before_and_after_a_changed_holdout_are_not_compared(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    await documents.set_live(redis, "demo", "campaign", "bell", True, now=NOW)
    await sums(redis, "exit-offer", {"a": (6_200, 800, 8_000), "holdout": (6_200, 500, 8_000)})
    await documents.put(redis, msgspec.structs.replace(EXIT, holdout_pct=10), now=NOW)
    for at in ("/console/shops/demo", "/console/shops/demo/campaigns"):
        page = (await merchant.get(at)).text
        assert "Cannot be compared" in page and "more than without it" not in page
        assert "6,200 of 12,400 shoppers (50.0\u202f%) were held out; 10\u202f% were planned." in page
    await sums(redis, "j.cart-back", {"treated": (6_000, 800, 8_000), "holdout": (700, 80, 8_000)})
    page = (await merchant.get("/console/shops/demo")).text
    assert "1 more is not yet known. 1 cannot be compared. 1 has nobody to compare with. It is" in page


async def test_a_shop_that_is_not_there_is_not_found(merchant: Browser) -> None:
    assert (await merchant.get("/console/shops/other")).status_code == 404
