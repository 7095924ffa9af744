"""What shoppers answered in one survey: how many came how far, what they picked, what they wrote; and as CSV.

Texts are strangers' words: escaped in the page, and in the CSV kept from being read as formulas.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from heimta.console.formats import amount, at, iso
from heimta.console.overview import RANGES, chosen_range, counted_days
from heimta.console.shops import View, page, view_of
from heimta.model.campaign import Campaign
from heimta.model.contents import SurveyContent
from heimta.model.contents.survey import OTHER, MultipleChoice, Question, SingleChoice, bounds
from heimta.model.document import Text
from heimta.model.visitor import Answer
from heimta.stats.answers import DETRACTOR, ENOUGH, PROMOTER, Asked, survey
from heimta.store import answers
from heimta.store.answers import KEEP
from heimta.store.answers import Response as Given

SHOWN = 50  # texts on the page
# What a spreadsheet takes for a formula where a cell begins so; no smiley. A cell begins also behind what
# another country parts cells with, and at a line's end: quotation marks hold where they are looked for.
# The gap is taken whole whatever follows: else each sign of a long one would begin a search of its own.
_FORMULA = re.compile(r"(\A|[;,\s\x22]++)([=+@\uff1d\uff0b\uff0d\uff20-](?!\)))?")
_PARTS = re.compile(r"\A\Z|[;,\t\r\n]")  # a gap behind which, or a beginning at which, a cell begins


@dataclass(frozen=True)
class Said:
    """One text of a response. beside: what was picked in it, in words."""

    question: str
    text: str
    beside: list[str]
    given: Given


async def show_answers(request: Request) -> Response:
    view = await view_of(request)
    campaign, contents = _survey_of(view, request)
    count = chosen_range(request)
    found = survey(await counted_days(view, count), campaign.id, contents)
    given = await answers.newest(
        view.desk.redis, view.shop.id, campaign.id, view.desk.partitions, most=SHOWN, words=True
    )
    questions = {asked.question.name: asked.question for asked in found.asked}
    words: dict[str, object] = {
        "has_answers": bool(given) or await _was_answered(view, campaign),
        "range": count,
        "ranges": RANGES,
        "campaign": campaign,
        "survey": found,
        "spoken": {name: spoken(q.question, view) for name, q in questions.items()},
        "named": {name: named(q, view) for name, q in questions.items()},
        "series": {asked.question.name: series(asked) for asked in found.asked},
        "texts": [said for one in given for said in _texts(one, questions, view)],
        "enough": ENOUGH,
        "kept": KEEP * view.desk.partitions,
        "promoter": PROMOTER,
        "detractor": DETRACTOR,
    }
    return page(request, view, "answers.html", "campaigns", words)


async def export_answers(request: Request) -> Response:
    """The newest responses, a line each. UTF-8 with a mark, since spreadsheets guess another encoding.

    Times are the shop's, as on the page. `?for=excel`: as Excel reads it where a comma stands before the
    cents, in German for one; a time with its zone behind it would be a text there, so the first line has it.
    """
    view = await view_of(request)
    for_excel = request.query_params.get("for") == "excel"
    campaign, contents = _survey_of(view, request)
    given = await answers.newest(
        view.desk.redis, view.shop.id, campaign.id, view.desk.partitions, most=KEEP * view.desk.partitions
    )
    asked = dict.fromkeys(q.name for content in contents for q in content.asked)
    questions = [*asked, *sorted({name for one in given for name in one.answers} - asked.keys())]
    file = io.StringIO()
    sheet = csv.writer(file, delimiter=";" if for_excel else ",")
    answered_at = f"answered_at ({view.zone.key})" if for_excel else "answered_at"
    sheet.writerow([answered_at, *questions, "order", "order_total", "order_currency"])
    for one in given:
        sheet.writerow(
            [
                f"{at(one.at, view.zone):%Y-%m-%d %H:%M:%S}" if for_excel else iso(one.at, view.zone),
                *(_cell(one.answers.get(name)) for name in questions),
                *_order(one, "," if for_excel else "."),
            ]
        )
    return Response(
        file.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{campaign.id}-answers.csv"'},
    )


async def _was_answered(view: View, campaign: Campaign) -> bool:
    return bool(
        await answers.newest(view.desk.redis, view.shop.id, campaign.id, view.desk.partitions, most=1)
    )


def _survey_of(view: View, request: Request) -> tuple[Campaign, list[SurveyContent]]:
    name = str(request.path_params["name"])
    campaign = view.documents.campaign(name)
    contents = surveys_of(campaign) if campaign is not None else []
    if campaign is None or not contents:
        raise view.missing("campaign", name, "There is no such survey.")
    return campaign, contents


def surveys_of(campaign: Campaign) -> list[SurveyContent]:
    return [v.content for v in campaign.variants if isinstance(v.content, SurveyContent)]


def spoken(text: Text, view: View) -> str:
    """In the shop's first language, as far as the merchant wrote it."""
    if isinstance(text, str):
        return text
    return next((text[language] for language in view.shop.languages if language in text), "") or next(
        iter(text.values()), ""
    )


def named(question: Question, view: View) -> dict[str, str]:
    """What each choice says, by its id."""
    if not isinstance(question, SingleChoice | MultipleChoice):
        return {}
    words = {choice.id: spoken(choice.text, view) for choice in question.choices}
    own = "Something else" if isinstance(question.other, bool) else spoken(question.other, view)
    return words | ({OTHER: own} if question.other else {})


def series(asked: Asked) -> dict[str, list[object]]:
    """For static/console/chart.js. In front: those who promote the shop, or all where that is no question."""
    counts = [bar.count for bar in asked.bars]
    is_nps = asked.score is not None or asked.promoters or asked.detractors
    front = [bar.count if int(bar.first) >= PROMOTER else 0 for bar in asked.bars] if is_nps else counts
    return {
        "labels": [label(bar.first, bar.last) for bar in asked.bars],
        "all": list(counts),
        "part": list(front),
        "words": ["answers", "promoters"] if is_nps else ["answers"],
    }


def label(first: str, last: str) -> str:
    return first if first == last else f"{first} to {last}"


def _texts(given: Given, questions: dict[str, Question], view: View) -> Iterable[Said]:
    for name, answer in given.answers.items():
        if answer.text:
            beside = [
                _picked(other, questions.get(q), view)
                for q, other in given.answers.items()
                if other.value is not None or other.choices
            ]
            question = questions.get(name)
            yield Said(
                name if question is None else spoken(question.question, view), answer.text, beside, given
            )


def _picked(answer: Answer, question: Question | None, view: View) -> str:
    """`3 of 5`, or the choices' words; ids where the question is gone from the document."""
    if answer.value is not None:
        span = None if question is None else bounds(question)
        return str(answer.value) if span is None else f"{answer.value} of {span[1]}"
    words = {} if question is None else named(question, view)
    return ", ".join(words.get(one, one) for one in answer.choices)


def _cell(answer: Answer | None) -> str | int:
    if answer is None:
        return ""
    if answer.value is not None:
        return answer.value if not answer.text else _plain(f"{answer.value}: {answer.text}")
    picked = "; ".join(answer.choices)
    return _plain(f"{picked}: {answer.text}" if picked and answer.text else picked or answer.text)


def _plain(text: str) -> str:
    """A shopper's text must not become a formula on the merchant's machine."""
    return _FORMULA.sub(_told_as_text, text)


def _told_as_text(found: re.Match[str]) -> str:
    gap, sign = found[1], found[2]
    return f"{gap}'{sign}" if sign and _PARTS.search(gap) else found[0]


def _order(given: Given, point: str) -> tuple[str, str, str]:
    order = given.order
    if order is None:
        return "", "", ""
    total = amount(order.minor, order.currency).replace(",", "").replace(".", point)
    return _plain(order.id), total, order.currency
