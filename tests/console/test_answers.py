"""The page of a survey: what it counts, what it quotes, what it teaches; and its CSV."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from heimta.model.campaign import Variant
from heimta.model.contents import SurveyContent
from heimta.model.contents.survey import (
    Choice,
    MultipleChoice,
    Question,
    Rating,
    SingleChoice,
    Slider,
    Words,
)
from heimta.store import answers, documents, keys
from heimta.store.connect import Client
from tests.console.browser import Browser
from tests.console.seed import NOW, PARTITIONS, QUESTIONS, SURVEY, Past, heard, install

PAGE = "/console/shops/demo/campaigns/why-not/answers"


def values(page: str, attribute: str) -> dict[str, int]:
    found = re.findall(rf'<data {attribute}="([^"]+)" value="(-?\d+)"', page)
    return {name: int(value) for name, value in found}


async def test_it_tells_how_many_came_how_far_and_what_they_picked(merchant: Browser, redis: Client) -> None:
    await install(redis)
    await heard(redis, "Nothing in my size")
    page = (await merchant.get(f"{PAGE}?days=28")).text
    assert values(page, "data-metric") == {"seen": 60, "began": 40, "finished": 30}
    assert values(page, "data-step") == {"1": 40, "2": 34, "3": 30}
    picked = values(page, "data-choice")
    assert (picked["missing.size"], picked["missing.price"], picked["missing.other"]) == (21, 9, 4)
    assert picked["nps.10"] == 18 and picked["nps.0"] == 0
    assert "+30" in page, "22 promoters less 10 detractors, of 40"
    plot = re.search(r'data-series="([^"]*)"', page)
    assert plot is not None
    series = json.loads(html.unescape(plot[1]))
    assert series["all"][10] == series["part"][10] == 18 and series["part"][8] == 0


async def test_what_is_told_adds_up(merchant: Browser, redis: Client) -> None:
    """The shares of an NPS make its score, and a choice that was taken out has its own."""
    await install(redis)
    past = Past(redis)
    for metric, by in ((".10", 45), (".8", 22), (".0", 17), ("", 84)):
        past.count(f"s.why-not.nps{metric}", by, at=NOW)
    for metric, by in ((".size", 6), (".colour", 4), ("", 10)):
        past.count(f"s.why-not.missing{metric}", by, at=NOW)
    past.count("c.why-not.a.answered", 84, at=NOW)
    await past.write()
    page = (await merchant.get(f"{PAGE}?days=28")).text
    assert "9 and 10 (53.6\u202f%) less that of 0 to 6 (20.2\u202f%)" in page and ">+33<" in page
    assert re.search(r'colour <span class="muted small">taken out</span>', page)
    assert values(page, "data-choice")["missing.colour"] == 4


async def test_answers_to_a_mail_are_told_beside_how_far_shoppers_come(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    past = Past(redis)
    past.count("c.why-not.@mail.answered", 3, at=NOW)
    past.count("s.why-not.nps", 3, at=NOW)
    past.count("s.why-not.nps.9", 3, at=NOW)
    await past.write()
    page = (await merchant.get(f"{PAGE}?days=28")).text
    assert "3 shoppers</strong> answered. Nobody met it on your pages." in page
    assert "Saw it" not in page and values(page, "data-choice")["nps.9"] == 3
    await heard(redis, "Nothing in my size")
    page = (await merchant.get(f"{PAGE}?days=28")).text
    assert values(page, "data-metric") == {"seen": 60, "began": 40, "finished": 30}
    assert "They are in the answers below" in page


@pytest.mark.parametrize(
    ("question", "answered"),
    [
        (Rating("How was it?", "nps"), "6 answers"),  # of 40, those who gave a 2
        (Slider("How was it?", "nps", min=50, max=60), "0 answers"),
        (SingleChoice("How was it?", "nps", choices=(Choice("a", "A"), Choice("b", "B"))), "0 answers"),
        (MultipleChoice("How was it?", "nps", choices=(Choice("a", "A"), Choice("b", "B"))), "0 answers"),
        (Words("How was it?", "nps"), "0 answers"),
    ],
)
async def test_a_question_that_was_another_one_before_has_a_page(
    merchant: Browser, redis: Client, question: Question, answered: str
) -> None:
    await install(redis)
    await heard(redis, "Nothing in my size")
    content = SurveyContent(questions=(question, *QUESTIONS[1:]))
    await documents.put(redis, msgspec.structs.replace(SURVEY, variants=(Variant("a", content),)), now=NOW)
    answer = await merchant.get(f"{PAGE}?days=28")
    assert answer.status_code == 200 and f">{answered}</p>" in answer.text


async def test_texts_come_newest_first_with_what_was_picked_and_the_order(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    await heard(redis, "First <b>words</b>", "Newest words")
    page = html.unescape((await merchant.get(PAGE)).text)
    feed = page.partition('class="feed texts"')[2]
    assert feed.index("Newest words") < feed.index("First <b>words</b>")
    assert "Tell us more · 6 of 10 · My size · order 1001, 49.90 EUR" in " ".join(feed.split())


async def test_words_stand_in_the_direction_that_they_are_written_in(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    await heard(redis, "\u0644\u0627 \u064a\u0648\u062c\u062f!")
    page = (await merchant.get(PAGE)).text
    assert '<p dir="auto">\u0644\u0627 \u064a\u0648\u062c\u062f!</p>' in page


async def test_hostile_words_stay_words(merchant: Browser, redis: Client) -> None:
    await install(redis)
    await heard(redis, "<script>alert(1)</script>", '=HYPERLINK("https://evil.example")')
    page = (await merchant.get(PAGE)).text
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    sheet = (await merchant.get(f"{PAGE}.csv")).content.decode("utf-8-sig")
    assert [row["words"] for row in csv.DictReader(io.StringIO(sheet))] == [
        '\'=HYPERLINK("https://evil.example")',
        "<script>alert(1)</script>",
    ]


WRITTEN = [
    ("a;=cmd|' /C calc'!A0;x", "a;'=cmd|' /C calc'!A0;x"),
    ("a,+1,x", "a,'+1,x"),
    ("a\n-1", "a\n'-1"),
    ('a;"=1";x', 'a;"\'=1";x'),
    ("\uff1d1", "'\uff1d1"),
    ("Gut ;-) danke, 5-3=2", "Gut ;-) danke, 5-3=2"),
]


@pytest.mark.parametrize(("said", "kept"), WRITTEN)
@pytest.mark.parametrize(("end", "parts"), [("", ","), ("?for=excel", ";")])
async def test_no_country_reads_words_as_a_formula(
    merchant: Browser, redis: Client, said: str, kept: str, end: str, parts: str
) -> None:
    """Excel in German parts the cells of any CSV by semicolons, and in English by commas."""
    await install(redis)
    await heard(redis, said)
    sheet = (await merchant.get(f"{PAGE}.csv{end}")).content.decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(sheet, newline=""), delimiter=parts)
    assert row["words"] == kept


async def test_the_csv_has_a_line_a_shopper(merchant: Browser, redis: Client) -> None:
    await install(redis)
    await heard(redis, "First words", "Newest, wörds")
    answer = await merchant.get(f"{PAGE}.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="why-not-answers.csv"' in answer.headers["content-disposition"]
    newest, first = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert newest == {
        "answered_at": newest["answered_at"],
        **{"nps": "6", "missing": "size", "words": "Newest, wörds"},
        **{"order": "1001", "order_total": "49.90", "order_currency": "EUR"},
    }
    assert first["order"] == "" and first["answered_at"] < newest["answered_at"]


async def test_times_are_the_shops_in_both_files_as_on_the_page_and_say_so(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    await heard(redis, "Words")
    [told] = re.findall(r'<time class="muted" datetime="[^"]+">([^<]+)<', (await merchant.get(PAGE)).text)
    wall = datetime.strptime(told, "%d %b %Y, %H:%M")
    offset = wall.replace(tzinfo=ZoneInfo("Europe/Berlin")).isoformat()[-6:]
    plain = (await merchant.get(f"{PAGE}.csv")).content.decode("utf-8-sig").splitlines()
    [_, at] = [line.partition(",")[0] for line in plain]
    assert at.startswith(f"{wall:%Y-%m-%dT%H:%M}:") and at.endswith(offset) and offset != "+00:00"
    excel = (await merchant.get(f"{PAGE}.csv?for=excel")).content.decode("utf-8-sig").splitlines()
    head, at = [line.partition(";")[0] for line in excel]
    assert head == "answered_at (Europe/Berlin)" and re.fullmatch(f"{wall:%Y-%m-%d %H:%M}:\\d\\d", at)


async def test_answers_to_a_question_that_was_taken_out_are_in_the_csv_as_on_the_page(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    await heard(redis, "Still here")
    left = SurveyContent(questions=(QUESTIONS[0],))
    await documents.put(redis, msgspec.structs.replace(SURVEY, variants=(Variant("a", left),)), now=NOW)
    assert "Still here" in (await merchant.get(PAGE)).text
    sheet = (await merchant.get(f"{PAGE}.csv")).content.decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(sheet))
    assert list(row)[1:4] == ["nps", "missing", "words"] and row["words"] == "Still here"


async def test_excels_csv_has_semicolons_and_a_comma_before_the_cents(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    await heard(redis, "Newest; wörds")
    answer = await merchant.get(f"{PAGE}.csv?for=excel")
    assert answer.content.startswith("\ufeff".encode())
    [row] = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    assert (row["words"], row["nps"], row["order_total"]) == ("Newest; wörds", "6", "49,90")


async def test_the_csv_is_offered_as_soon_as_somebody_answered_without_a_word_too(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    links = re.compile(rf'href="{PAGE}\.csv([^"]*)" download')
    assert links.findall((await merchant.get(PAGE)).text) == []
    await heard(redis, "")
    page = (await merchant.get(PAGE)).text
    assert links.findall(page) == ["", "?for=excel"] and "Nobody has written anything yet." in page


async def test_a_survey_that_nobody_met_says_what_will_be_here(merchant: Browser, redis: Client) -> None:
    await install(redis)
    page = (await merchant.get(PAGE)).text
    assert "Nobody met this survey in these 28 days" in page and "Nobody has written anything yet." in page
    assert "data-series" not in page


async def test_the_list_of_campaigns_leads_to_it(merchant: Browser, redis: Client) -> None:
    await install(redis)
    assert re.findall(
        r'href="([^"]+/answers)"', (await merchant.get("/console/shops/demo/campaigns")).text
    ) == [PAGE]


@pytest.mark.parametrize("name", ["exit-offer", "nosuch"])
async def test_what_is_no_survey_has_no_page(merchant: Browser, redis: Client, name: str) -> None:
    await install(redis)
    for end in ("", ".csv"):
        answer = await merchant.get(f"/console/shops/demo/campaigns/{name}/answers{end}")
        assert answer.status_code == 404


async def test_a_visitor_who_is_forgotten_is_passed_over(redis: Client) -> None:
    await heard(redis, "First", "Second")
    [newest, _] = await answers.newest(redis, "demo", "why-not", PARTITIONS, most=9)
    assert newest.order is not None and newest.at == NOW - 3_600_000 + 60_000
    visitor = "shopper-00000000000001"
    await redis.delete(keys.visitor(keys.partition_of("demo", visitor, PARTITIONS), "demo", visitor))
    left = await answers.newest(redis, "demo", "why-not", PARTITIONS, most=9)
    assert [one.answers["words"].text for one in left] == ["First"]


async def test_the_list_is_bounded_and_a_late_copy_moves_nobody_back(redis: Client) -> None:
    many = {f"visitor-{n:014d}": n for n in range(answers.KEEP + 40)}
    await answers.note(redis, 1, {("demo", "ask"): many})
    await answers.note(redis, 1, {("demo", "ask"): {"visitor-00000000000289": 5}})
    key = keys.answered(1, "demo", "ask")
    assert await redis.zcard(key) == answers.KEEP
    assert await redis.zscore(key, "visitor-00000000000289") == 289
    assert await redis.zscore(key, "visitor-00000000000039") is None
    assert 0 < await redis.ttl(key) <= keys.STATE_TTL_S
