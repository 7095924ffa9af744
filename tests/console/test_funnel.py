"""The funnel says what was counted, teaches when nothing was, and keeps strangers' words harmless."""

from __future__ import annotations

import html
import re

from heimta.store.connect import Client
from tests.console.browser import Browser
from tests.console.seed import DAY_MS, NOW, Past, at_checkout, batch, install, log

PAGE = "/console/shops/demo/funnel"


def steps(page: str) -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(r'data-step="(\w+)" value="(\d+)"', page)}


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table under a heading, as text."""
    section = page.partition(f'id="{heading}"')[2].partition("</section>")[0]
    found = re.findall(r"<tr>(.*?)</tr>", section, re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in found]
    return [[html.unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row] for row in cells[1:]]


async def test_each_step_shows_how_many_came_and_what_share_was_lost_before(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    past = await at_checkout(redis)
    page = (await merchant.get(PAGE)).text
    seen = steps(page)
    assert seen == {name: past.total[f"funnel.{name}"] for name in seen}
    assert list(seen) == ["product", "cart", "checkout", "address", "payment", "paid", "order"]
    assert [row[-1] for row in rows(page, "steps")][1:3] == ["40\u202f%", "50\u202f%"]


async def test_a_checkout_that_no_script_sees_is_not_said_to_lose_everybody(
    merchant: Browser, redis: Client
) -> None:
    """Shopify's, for one: its orders come by the webhook alone."""
    await install(redis)
    past = Past(redis)
    told = {"sessions": 900, "funnel.product": 600, "funnel.cart": 200, "funnel.checkout": 90, "orders": 31}
    for metric, by in (told | {"field.email.entered": 60, "field.email.stopped": 60}).items():
        past.count(metric, by, at=NOW)
    await past.write()
    page = (await merchant.get(PAGE)).text
    name, *cells = rows(page, "steps")[-1]
    assert name.startswith("Ordered not seen: browsers told of no order, and the shop\u2019s webhook of 31.")
    assert "script seems not to run where orders are placed" in name  # a shop's only order tells little
    assert cells == ["\u2013", "\u2013"] and "order" not in steps(page) and "100\u202f%" not in name
    assert "those that ordered are in it, too" in page
    past.count("funnel.order", 20, at=NOW)
    await past.write()
    page = (await merchant.get(PAGE)).text
    assert steps(page)["order"] == 20 and "are in it, too" not in page


async def test_visits_are_split_by_what_they_came_with(merchant: Browser, redis: Client) -> None:
    await install(redis)
    past = await at_checkout(redis)
    page = (await merchant.get(PAGE)).text
    assert rows(page, "devices") == [
        ["Phone", "700", "200 (29\u202f%)", "70", "12", "94\u202f%"],
        ["Computer", "260", "96 (37\u202f%)", "48", "28", "71\u202f%"],
    ]
    assert "40 visits were by programs" in page
    past.count("orders", 9, at=NOW)
    for step in ("funnel", "device.phone", "device.desktop"):
        past.count(f"{step}.order", -past.total[f"{step}.order"], at=NOW)
    await past.write()
    page = (await merchant.get(PAGE)).text
    assert [row[-2:] for row in rows(page, "devices")] == [["\u2013", "\u2013"]] * 2


async def test_without_a_device_known_there_is_no_such_table(merchant: Browser, redis: Client) -> None:
    await install(redis)
    past = Past(redis)
    past.count("sessions", 3, at=NOW)
    await past.write()
    assert 'id="devices"' not in (await merchant.get(PAGE)).text


async def test_only_the_chosen_days_count(merchant: Browser, redis: Client) -> None:
    await install(redis)
    past = Past(redis)
    for back in (1, 20):
        past.count("sessions", 3, at=NOW - back * DAY_MS)
        past.count("funnel.product", at=NOW - back * DAY_MS)
    await past.write()
    assert steps((await merchant.get(f"{PAGE}?days=7")).text)["product"] == 1
    assert steps((await merchant.get(f"{PAGE}?days=28")).text)["product"] == 2


async def test_the_field_at_which_most_stop_stands_first(merchant: Browser, redis: Client) -> None:
    await install(redis)
    await at_checkout(redis)
    fields = rows((await merchant.get(PAGE)).text, "fields")
    assert fields[0] == ["Phone", "60", "24 (40\u202f%)", "6 (10\u202f%)", "0", "30", "4"]
    assert [row[0] for row in fields] == ["Phone", "Card number", "Postcode", "E-mail"]


async def test_faults_say_how_many_carts_met_them_and_what_those_are_worth(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    await at_checkout(redis)
    page = (await merchant.get(PAGE)).text
    assert "14 carts met a fault; 4 of them were ordered all the same." in page
    assert "1,234.50\u202fEUR" in page
    faults = rows(page, "faults")
    assert faults[0] == ["500 /api/shipping Request", "9", "3", "12"]
    assert faults[-1] == ["All others", "1", "0", "2"]
    assert "TypeError /js/<img src=x>.js:1" in [row[0].removesuffix(" Script") for row in faults]
    assert "<img src=x>" not in page


async def test_a_new_shop_is_taught_to_paste_the_tag(merchant: Browser, redis: Client) -> None:
    await install(redis)
    page = (await merchant.get(PAGE)).text
    assert "Paste the tag, and this page fills itself" in page and "<table" not in page


async def test_visits_without_a_checkout_are_told_where_it_is_set(merchant: Browser, redis: Client) -> None:
    await install(redis)
    past = Past(redis)
    for metric, by in (("sessions", 9), ("funnel.product", 5), ("funnel.cart", 2)):
        past.count(metric, by, at=NOW)
    await past.write()
    page = (await merchant.get(PAGE)).text
    assert "No checkout was seen in these 28 days" in page and "<code>/checkout</code>" in page
    assert steps(page) == {"product": 5, "cart": 2, "checkout": 0, "order": 0}


async def test_the_live_view_tells_what_happens_at_the_checkout(merchant: Browser, redis: Client) -> None:
    await install(redis)
    fields = {"fields": [{"kind": "zip", "state": "error"}], "last": "zip"}
    told = [
        ("checkout_step_reached", {"step": "payment"}),
        ("payment_info_added", {"how": "card"}),
        ("checkout_fields", fields),
        ("fault_met", {"kind": "network", "what": "500 /api/shipping"}),
    ]
    await log(redis, "batch", batch(*told))
    page = (await merchant.get("/console/shops/demo/events")).text
    for words in (
        "reached the checkout&#39;s step \u201cpayment\u201d",
        "gave payment details",
        "was in 1 field of the checkout, last in that for zip",
        "met a fault at the checkout: 500 /api/shipping",
    ):
        assert words in page, words
