"""The first question of a survey as a mail asks it: a link an answer, where one press can give it. Pure.

A link only leads to the page with that answer ticked: programs open links to look at them, so none of them
answers by itself (edge/surveys.py).
"""

from __future__ import annotations

from heimta.model.contents import SurveyContent
from heimta.model.contents.survey import (
    OTHER,
    Nps,
    Question,
    Rating,
    SingleChoice,
    Slider,
    bounds,
)
from heimta.model.document import Text
from heimta.rules.contents.fill import Spoken, fill
from heimta.rules.mail.letter import Ask
from heimta.rules.texts.words import said_in

MOST = 11  # answers on links of their own; a thumb needs room for each
STAR = "\N{BLACK STAR}"


def ask_of(content: SurveyContent, page: str, tongue: Spoken, lang: str) -> Ask:
    """page: the address where it is answered."""
    question = content.asked[0]
    words = said_in(question.question, lang, "en")
    span = bounds(question)
    if span is not None and len(range(span[0], span[1] + 1, span[2])) <= MOST:
        low, high = (said_in(end, lang, "en") for end in ends(question, tongue))
        values = range(span[0], span[1] + 1, span[2])
        ways = tuple(
            (f"{page}?a={one}", _sign(question, one), _meaning(one, values, low, high)) for one in values
        )
        return Ask(words, ways, low=low, high=high)
    if isinstance(question, SingleChoice):
        known = [(choice.id, said_in(choice.text, lang, "en")) for choice in question.choices]
        if question.other:
            known.append((OTHER, said_in(other_of(question.other, tongue), lang, "en")))
        return Ask(words, tuple((f"{page}?a={one}", text, "") for one, text in known), large=True)
    return Ask(words)


def ends(question: Question, tongue: Spoken) -> tuple[Text, Text]:
    """What stands at both ends of a scale."""
    match question:
        case Nps():
            return fill(question.low, "survey", "unlikely", tongue), fill(
                question.high, "survey", "likely", tongue
            )
        case Rating() | Slider():
            return question.low, question.high
        case _:
            return "", ""


def other_of(given: bool | Text, tongue: Spoken) -> Text:
    """What the choice says that takes own words."""
    return fill("" if isinstance(given, bool) else given, "survey", "other", tongue)


def _sign(question: Question, value: int) -> str:
    return f"{value} {STAR}" if isinstance(question, Rating) and question.shape == "stars" else str(value)


def _meaning(value: int, values: range, low: str, high: str) -> str:
    """For those who hear it: how far it goes, and what the ends mean."""
    end = low if value == values[0] else high if value == values[-1] else ""
    return f"{value}, {end}" if end else f"{value} / {values[-1]}"
