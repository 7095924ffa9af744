"""A mail that asks: a link an answer, each to the page with that answer ticked; in text one link."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from heimta.channels.email import Smtp
from heimta.channels.result import failed
from heimta.model.contents import SurveyContent
from heimta.model.contents.survey import (
    Choice,
    MultipleChoice,
    Nps,
    Question,
    Rating,
    SingleChoice,
    Slider,
    Words,
)
from heimta.worker.carriers.email import EmailCarrier, compose
from heimta.worker.carriers.job import Job, Links
from tests.channels.email_job import RESTORE, SETTINGS, job

PAGE = "https://edge.example/a/demo." + "t" * 90
STEP = {
    "template": "survey",
    "survey": "ask",
    "title": "How did it go?",
    "body": "A parcel came.",
    "button": "",
}
CHOICES = (Choice("price", "Price & more"), Choice("size", {"en": "Size", "de": "Größe"}))


def asking(question: Question, **changes: Any) -> Job:
    survey = SurveyContent(questions=(question,))
    return job(step=STEP, links=Links(RESTORE, SETTINGS, PAGE), survey=survey, **changes)


def parts(given: Job) -> tuple[str, str]:
    """HTML and text."""
    assert given.shop.email is not None
    mail = message_from_bytes(compose(given, given.shop.email, "anna@mail.example"), policy=default)
    html, text = (mail.get_body((kind,)) for kind in ("html", "plain"))
    assert html is not None and text is not None
    return html.get_content(), text.get_content().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        (Nps("Likely?", "nps"), [str(n) for n in range(11)]),
        (Rating("Stars?", "stars"), ["1", "2", "3", "4", "5"]),
        (Slider("Ease?", "ease", step=5), ["0", "5", "10"]),
        (SingleChoice("Why?", "why", choices=CHOICES, other=True), ["price", "size", "other"]),
        (MultipleChoice("Why?", "why", choices=CHOICES), []),
        (Slider("Ease?", "ease", max=100), []),
        (Words("Why?", "why"), []),
    ],
)
def test_each_answer_has_a_link_where_one_press_can_give_it(question: Question, answers: list[str]) -> None:
    html, text = parts(asking(question))
    assert re.findall(rf'href="{re.escape(PAGE)}\?a=([^"]*)"', html) == answers
    assert (f'href="{PAGE}"' in html) is not bool(answers), "else the button leads to the page"
    assert str(question.question) in html and str(question.question) in text
    assert text.count(PAGE) == 1 and f"Answer:\n{PAGE}\n" in text


def test_it_is_asked_in_the_shoppers_language() -> None:
    question = Nps({"en": "Likely?", "de": "Wahrscheinlich?"}, "nps")
    html, text = parts(asking(question, lang="de"))
    assert "Wahrscheinlich?" in html and "Ganz unwahrscheinlich" in html and 'aria-label="7 / 10"' in html
    assert 'aria-label="10, Sehr wahrscheinlich"' in html
    assert f"Antworten:\n{PAGE}\n" in text


def test_what_a_merchant_writes_becomes_no_markup() -> None:
    choices = (Choice("a", "<b>A</b>"), Choice("b", "B"))
    html, _ = parts(asking(SingleChoice("<i>Why</i>?", "why", choices=choices)))
    assert "<b>A" not in html and "<i>Why" not in html and "&lt;b&gt;A" in html


async def test_a_survey_that_is_gone_is_not_asked() -> None:
    given = job(step=STEP)
    assert await EmailCarrier(Smtp()).send(given) == failed("no survey", permanent=True)
