"""A survey, as the browser needs it: questions by number, each with how many are left on the longest way."""

from __future__ import annotations

from heimta.model.campaign import Campaign
from heimta.model.contents import SurveyContent
from heimta.model.contents.survey import (
    OTHER,
    MultipleChoice,
    Nps,
    Question,
    Rating,
    Rule,
    SingleChoice,
    Slider,
    Words,
    bounds,
    kind,
)
from heimta.model.document import Text
from heimta.rules.contents.fill import Json, Spoken, fill, labels
from heimta.rules.surveys import lefts, place


def compile_content(content: SurveyContent, tongue: Spoken, campaign: Campaign) -> Json:
    """Field by field: what is not named here stays on the server."""
    asked = content.asked
    return {
        "widget": "survey",
        "questions": [
            _question(question, left, asked, tongue)
            for question, left in zip(asked, lefts(asked), strict=True)
        ],
        "thanks": fill(content.thanks, "survey", "thanks", tongue),
        "labels": _labels(asked, tongue),
    }


def needs(content: SurveyContent) -> set[str]:
    """The later file, for all but a single slider: that alone is in the survey's own."""
    asked = content.asked
    return set() if len(asked) == 1 and isinstance(asked[0], Slider) else {"questions"}


def _labels(asked: tuple[Question, ...], tongue: Spoken) -> dict[str, Text]:
    """Only those that these questions use: a label in three languages is bytes on every page."""
    words = any(isinstance(question, Words) for question in asked)
    wanted = {"close", "send"}
    if len(asked) > 1:
        wanted |= {"next", "back"}
    if len(asked) > 1 or any(isinstance(question, Rating) for question in asked):
        wanted.add("of")
    if words:
        wanted |= {"skip", "private"}
    return {name: text for name, text in labels("survey", tongue).items() if name in wanted}


def _question(question: Question, left: int, asked: tuple[Question, ...], tongue: Spoken) -> Json:
    compiled: Json = {"ask": kind(question), "name": question.name, "question": question.question}
    span = bounds(question)
    if span is not None:
        compiled["min"], compiled["max"], compiled["step"] = span
    match question:
        case Slider():
            compiled |= {"low": question.low, "high": question.high}
        case Rating():
            compiled |= {"shape": question.shape, "low": question.low, "high": question.high}
        case Nps():
            compiled["low"] = fill(question.low, "survey", "unlikely", tongue)
            compiled["high"] = fill(question.high, "survey", "likely", tongue)
        case SingleChoice() | MultipleChoice():
            compiled["choices"] = [[choice.id, choice.text] for choice in question.choices]
            if question.other:
                own = "" if question.other is True else question.other
                compiled["choices"].append([OTHER, fill(own, "survey", "other", tongue)])
    if question.next:
        compiled["next"] = [_rule(rule, asked) for rule in question.next]
    return compiled | {"left": left}


def _rule(rule: Rule, asked: tuple[Question, ...]) -> Json:
    compiled: Json = {"to": place(asked, rule)}
    if rule.at_least is not None:
        compiled["at_least"] = rule.at_least
    if rule.at_most is not None:
        compiled["at_most"] = rule.at_most
    if rule.chosen:
        compiled["chosen"] = list(rule.chosen)
    return compiled
