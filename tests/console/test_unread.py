"""A document that cannot be read costs the console one line, and the shop that document alone."""

from __future__ import annotations

import html
import json
import re

import msgspec
import pytest

from heimta.model.campaign import Offer
from heimta.store import coupons, documents, keys, ledgers
from heimta.store.connect import Client
from tests.console.browser import Browser
from tests.console.seed import DAY_MS, EXIT, JOURNEY, NOW, SHOP, install, sums

HERE = "/console/shops/demo"
NEWER = json.dumps({"document": {"kind": "campaign", "newer": 1}, "version": 7, "at": NOW})
PAGES = (
    "",
    "/funnel",
    "/campaigns",
    "/templates",
    "/coupons",
    "/ad-audiences",
    "/events",
    "/install",
    "/cart",
)


async def told(merchant: Browser, page: str) -> tuple[int, str]:
    answer = await merchant.get(f"{HERE}{page}")
    return answer.status_code, html.unescape(answer.text)


@pytest.mark.parametrize("raw", [NEWER, "\\xff"], ids=["of a newer Heimta", "damaged"])
@pytest.mark.parametrize("page", [*PAGES, "/cart", "/look", f"/journeys/{JOURNEY.id}"])
async def test_every_page_names_it_and_works(merchant: Browser, redis: Client, raw: str, page: str) -> None:
    await install(redis)
    await redis.hset(keys.documents("demo"), f"campaign:{EXIT.id}", raw)
    status, words = await told(merchant, page)
    assert status == 200 and words.count(f"Campaign {EXIT.id!r} of shop 'demo' cannot be read") == 1
    assert "`heimta apply FILE`" in words and f"`heimta remove demo campaign:{EXIT.id}`" in words


async def test_the_others_are_switched_as_ever(merchant: Browser, redis: Client) -> None:
    await install(redis)
    await redis.hset(keys.documents("demo"), f"campaign:{EXIT.id}", NEWER)
    _, words = await told(merchant, "/campaigns")
    assert f'id="journey-{JOURNEY.id}"' in words and f'id="campaign-{EXIT.id}"' not in words
    form = {"csrf": await merchant.token(f"{HERE}/campaigns"), "live": "off"}
    assert (await merchant.post(f"{HERE}/journeys/{JOURNEY.id}/live", data=form)).status_code == 303
    answer = await merchant.post(f"{HERE}/campaigns/{EXIT.id}/live", data=form)
    assert answer.status_code == 503 and f"Campaign {EXIT.id!r} of shop" in html.unescape(answer.text)


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        ("journey", f"/journeys/{JOURNEY.id}"),
        ("journey", f"/journeys/{JOURNEY.id}/try"),
        ("campaign", "/campaigns/why-not/answers"),
        ("campaign", "/campaigns/why-not/answers.csv"),
    ],
)
async def test_its_own_page_says_so_and_not_that_there_is_none(
    merchant: Browser, redis: Client, kind: str, page: str
) -> None:
    await install(redis)
    name = page.split("/")[2]
    await redis.hset(keys.documents("demo"), f"{kind}:{name}", NEWER.replace("campaign", kind))
    status, words = await told(merchant, page)
    assert status == 503 and f"{kind.capitalize()} {name!r} of shop 'demo' cannot be read" in words
    assert f"`heimta remove demo {kind}:{name}`" in words
    assert (await told(merchant, page.replace(name, "nobody")))[0] == 404


async def test_the_sum_says_that_what_it_earned_is_not_in_it(merchant: Browser, redis: Client) -> None:
    await install(redis)
    await sums(redis, EXIT.id, {"a": (6_200, 800, 8_000), "holdout": (6_200, 500, 8_000)})
    await redis.hset(keys.older("demo"), f"{JOURNEY.id}:1", "{}")  # its newest can be read
    assert "is not in it" not in (await told(merchant, ""))[1]
    await redis.hset(keys.documents("demo"), f"journey:{JOURNEY.id}", NEWER.replace("campaign", "journey"))
    assert "1 cannot be read, and what it earned is not in it." in (await told(merchant, ""))[1]


async def test_a_shop_with_nothing_else_is_not_said_to_have_none(merchant: Browser, redis: Client) -> None:
    await documents.put(redis, SHOP, now=NOW)
    await redis.hset(keys.documents("demo"), f"campaign:{EXIT.id}", NEWER)
    assert "No campaign yet" not in (await told(merchant, "/campaigns"))[1]
    _, words = await told(merchant, "")
    assert "What there is cannot be read." in words and "There is no campaign yet" not in words


async def test_what_it_handed_out_is_not_called_deleted(merchant: Browser, redis: Client) -> None:
    await install(redis)
    offer = Offer("percent", 10, pool="codes")
    await ledgers.fill(redis, "demo", "codes", ["A-1", "A-2"])
    reason = coupons.page_reasons("demo", "x" * 22, EXIT.id, offer, None)[0]
    await coupons.hand_out(redis, "demo", ["x" * 22], offer, reason, 4, now=NOW)
    await redis.hset(keys.documents("demo"), f"campaign:{EXIT.id}", NEWER)
    _, words = await told(merchant, "/coupons")
    assert f'c.{EXIT.id} <span class="muted small">cannot be read</span>' in words and "deleted" not in words
    assert "no offer that can be read uses it" in words


async def test_one_journey_in_several_versions_is_one_line(merchant: Browser, redis: Client) -> None:
    await install(redis)
    await redis.hset(keys.documents("demo"), f"journey:{JOURNEY.id}", NEWER.replace("campaign", "journey"))
    await redis.hset(keys.older("demo"), mapping={f"{JOURNEY.id}:{n}": "{}" for n in range(1, 4)})
    _, words = await told(merchant, "/campaigns")
    assert words.count("cannot be read") == 1 and f"ourney {JOURNEY.id!r} of shop" in words


async def test_a_shops_own_document_is_one_plain_line_and_the_other_shops_go_on(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    await documents.put(redis, msgspec.structs.replace(SHOP, id="other", name="The other"), now=NOW)
    await redis.hset(keys.documents("demo"), "shop:demo", NEWER)
    status, words = await told(merchant, "/campaigns")
    assert (
        status == 503
        and "Shop 'demo' cannot be read: " in words
        and "`heimta remove demo shop:demo`" in words
    )
    answer = await merchant.get("/console/shops/other")
    assert answer.status_code == 200 and ">demo</a>" in answer.text
    assert (await merchant.get("/console")).headers["location"] == HERE


@pytest.mark.parametrize(("first", "mark"), [("EUR", ""), ("BGN", "~EUR")])
async def test_intervals_do_not_narrow_while_one_cannot_be_read(
    merchant: Browser, redis: Client, first: str, mark: str
) -> None:
    """Alpha is shared out among all that were met: one that is away for a while has its part still."""
    await documents.put(redis, msgspec.structs.replace(SHOP, currency=first), now=NOW - 10 * DAY_MS)
    await install(redis)
    await sums(redis, f"{EXIT.id}{mark}", {"a": (6_200, 800, 8_000), "holdout": (6_200, 500, 8_000)})
    await sums(redis, f"j.{JOURNEY.id}{mark}", {"holdout": (1, 0, 0)})

    async def earned() -> list[str]:
        return re.findall(r"[\d,]+\u2013[\d,]+\u202fEUR", (await told(merchant, "/campaigns"))[1])

    before = await earned()
    await redis.hset(keys.documents("demo"), f"journey:{JOURNEY.id}", NEWER)
    assert before and await earned() == before
