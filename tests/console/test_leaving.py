"""The panel "Was it leaving?": what it says of signs, and what it teaches when there were none."""

from __future__ import annotations

import html
import json
import re

from heimta.store.connect import Client
from tests.console.browser import Browser
from tests.console.seed import DAY_MS, NOW, Past, install


def panel(page: str) -> str:
    return page.partition('aria-labelledby="leaving"')[2].partition("</section>")[0]


async def test_the_precision_of_each_sign_is_told(merchant: Browser, redis: Client) -> None:
    await install(redis)
    past = Past(redis)
    past.count("exit.pointer.9.left", 300, at=NOW)
    past.count("exit.pointer.9.stayed", 20, at=NOW - DAY_MS)
    past.count("exit.pointer.6.stayed", 80, at=NOW, partition=2)
    past.count("exit.fling.7.left", 3, at=NOW)
    past.count("exit.fling.shown.stayed", 40, at=NOW)
    past.count("exit.pointer.9.left", 999, at=NOW - 60 * DAY_MS)
    await past.write()
    said = panel((await merchant.get("/console/shops/demo?days=28")).text)
    rows = [
        re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", said, re.S)
    ]
    assert rows[1:5] == [
        ["0.6", "80", "0"],
        ["0.7", "3", "3"],
        ["0.8", "0", "0"],
        ["0.9", "320", "300"],
    ], "what the plot shows, for who does not see it"
    assert rows[6:] == [
        ["Mouse out through the top", "400", "300", "75\u202f%"],
        ["Fling back to the top", "3", "3", "\u2013"],
    ]
    assert "40 signs, and 0\u202f% left all the same" in said
    assert "75\u202f%</strong> of 403 signs of leaving came true" in said
    plot = re.search(r'data-series="([^"]*)"', said)
    assert plot is not None
    series = json.loads(html.unescape(plot[1]))
    assert series["labels"] == ["0.6", "0.7", "0.8", "0.9"]
    assert (series["all"], series["part"]) == ([80, 3, 0, 320], [0, 3, 0, 300])


async def test_a_shop_without_signs_is_told_what_they_are(merchant: Browser, redis: Client) -> None:
    await install(redis)
    said = panel((await merchant.get("/console/shops/demo?days=7")).text)
    assert "No sign of leaving in these 7 days." in said and "data-series" not in said


async def test_where_a_campaign_always_shows_there_is_no_plot(merchant: Browser, redis: Client) -> None:
    await install(redis)
    past = Past(redis)
    past.count("exit.return.shown.left", 25, at=NOW)
    await past.write()
    said = panel((await merchant.get("/console/shops/demo?days=7")).text)
    assert "data-series" not in said and "100\u202f%" in said
