"""What stands on two pages of the console is the same on both."""

from __future__ import annotations

import html
import re

import msgspec

from heimta.store import documents
from heimta.store.connect import Client
from tests.console.browser import Browser
from tests.console.seed import EXIT, JOURNEY, NOW, SURVEY, Past, heard, install, sums

HERE = "/console/shops/demo"
ARMS = {"a": (6_200, 800, 8_000), "holdout": (6_200, 500, 8_000)}


async def words(merchant: Browser, page: str = "") -> str:
    told = (await merchant.get(HERE + page)).text.partition("<main")[2]
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", told).split()))


async def test_what_was_earned_is_the_same_on_both_pages_and_alone_it_is_the_sum(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    await sums(redis, EXIT.id, ARMS)
    interval = re.compile(r"[\d,]+\u2013[\d,]+ EUR")
    overview = interval.findall(await words(merchant))
    assert overview == 2 * interval.findall(await words(merchant, "/campaigns")) != []


async def test_a_journeys_shoppers_are_as_many_on_its_page_as_on_the_overview(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    await sums(redis, f"j.{JOURNEY.id}", {"treated": (400, 31, 8_000), "holdout": (40, 3, 8_000)})
    assert "31 of 50 orders, entered" in await words(merchant)
    assert "Ordered 31 of 400 shoppers so far" in await words(merchant, f"/journeys/{JOURNEY.id}")


async def test_a_surveys_answers_are_those_of_its_page_and_by_mail_together(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    await heard(redis, "Words")
    past = Past(redis)
    past.count(f"c.{SURVEY.id}.@mail.answered", 5, at=NOW)
    await past.write()
    page = await words(merchant, f"/campaigns/{SURVEY.id}/answers")
    assert "By mail: 5 shoppers answered." in page and "Saw it 60" in page and "Began 40" in page
    row = (await words(merchant, "/campaigns")).partition(SURVEY.name)[2]
    assert "Shown 60" in row.partition("Version")[0] and "Answered 45" in row.partition("Version")[0]


async def test_a_survey_seen_before_these_days_says_so_where_the_list_shows_none(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    past = Past(redis)
    for what in ("answered", "step.1", "end.1"):
        past.count(f"c.{SURVEY.id}.a.{what}", 3, at=NOW)
    await past.write()
    row = (await words(merchant, "/campaigns")).partition(SURVEY.name)[2].partition("Version")[0]
    assert "Shown 0" in row and "Answered 3" in row
    page = await words(merchant, f"/campaigns/{SURVEY.id}/answers")
    assert "Saw it 3 each shopper once; 3 before these days" in page


async def test_the_plot_adds_up_to_the_figures_above_it(merchant: Browser, redis: Client) -> None:
    await install(redis)
    past = Past(redis)
    for back in range(28):
        past.count("abandoned", back, at=NOW - back * 86_400_000)
        past.count("recovered", back // 3, at=NOW - back * 86_400_000)
    await past.write()
    told = (await merchant.get(f"{HERE}?days=28")).text
    above = [int(n) for n in re.findall(r'data-metric="(?:abandoned|recovered)" value="(\d+)"', told)]
    table = told.partition('aria-label="Carts by day"')[2].partition("</table>")[0]
    days = re.findall(r"<td>(\d+)</td><td>(\d+)</td>", table)
    assert above == [sum(int(day[n]) for day in days) for n in (0, 1)] and len(days) == 28


async def test_a_draft_that_became_a_campaign_is_on_both_pages(merchant: Browser, redis: Client) -> None:
    await install(redis)
    draft = msgspec.structs.replace(EXIT, id="draft", name="The new one", live=False)
    await documents.put(redis, draft, now=NOW)
    assert "The new one" in await words(merchant, "/campaigns")
    assert "The new one" not in await words(merchant)
    await documents.set_live(redis, "demo", "campaign", "draft", True, now=NOW)
    assert "The new one" in await words(merchant)
