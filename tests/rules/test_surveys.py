"""Where answers lead, and what is said of a survey that leads nowhere, too far, or past its own questions."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from heimta.model.contents.survey import MAX_STEPS, Rating, Rule, Slider, SurveyContent, Words
from heimta.rules.contents.fill import Spoken
from heimta.rules.contents.survey import compile_content, needs
from heimta.rules.surveys import lefts, next_of, survey_faults
from tests.worker.shop import CAMPAIGN

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/survey_next.json").read_text())


def survey(*questions: dict[str, Any], **more: Any) -> SurveyContent:
    return msgspec.convert({"widget": "survey", "questions": questions, **more}, SurveyContent)


def text(name: str, *rules: dict[str, Any]) -> dict[str, Any]:
    return {"ask": "text", "name": name, "question": "Why?", "next": list(rules)}


def choice(name: str, *ids: str, next: Any = (), **more: Any) -> dict[str, Any]:
    choices = [{"id": one, "text": one} for one in ids]
    return {"ask": "choice", "name": name, "question": "Why?", "choices": choices, "next": list(next), **more}


REASON = choice(
    "why",
    "left",
    "rival",
    "unhappy",
    other=True,
    next=[
        {"chosen": ["unhappy", "other"], "to": "what"},
        {"chosen": ["rival"], "to": "who"},
        {"to": "end"},
    ],
)
LEAVING = (REASON, text("who", {"to": "end"}), text("what"))


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["why"])
def test_the_next_question_is_the_browsers(case: dict[str, Any]) -> None:
    names = [f"q{number}" for number in range(4)]
    rules = tuple(
        Rule(
            to=names[rule["to"]] if rule["to"] < len(names) else "end",
            at_least=rule.get("at_least"),
            at_most=rule.get("at_most"),
            chosen=tuple(rule.get("chosen", ())),
        )
        for rule in case["next"]
    )
    asked = [Words("?", name) for name in names]
    asked[case["index"]] = Words("?", names[case["index"]], rules)
    assert next_of(asked, case["index"], case["value"], case["choices"]) == case["to"]


def test_a_survey_with_branches_is_good_and_knows_how_long_it_is():
    content = survey(*LEAVING)
    assert survey_faults(content) == []
    assert lefts(content.asked) == [2, 1, 1]


def test_an_old_survey_is_a_slider_and_perhaps_words():
    old = SurveyContent("How easy?", min=1, max=5, follow_up="What else?")
    assert old.asked == (Slider("How easy?", "main", (), 1, 5), Words("What else?", "words"))
    assert survey_faults(old) == [] and needs(old) == {"questions"}
    assert needs(SurveyContent("How easy?")) == set()
    assert [q.name for q in SurveyContent("?", name="words", follow_up="?").asked] == ["words", "more"]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (survey(), "questions: missing"),
        (survey(text("a"), question="?"), "question and questions are both given"),
        (survey(text("a"), text("a")), "questions have the names ['a', 'a']"),
        (survey(text("end")), "a question is named 'end'"),
        (
            survey(text("a", {"to": "a"})),
            "question 'a': next[0].to is 'a'; it must be 'end' or a question further down: there is none",
        ),
        (
            survey(text("a"), text("b", {"to": "a"}), text("c")),
            "question 'b': next[0].to is 'a'; it must be 'end' or a question further down: c",
        ),
        (
            survey(choice("a", "x", "y", next=[{"chosen": ["z"], "to": "end"}])),
            "question 'a': next[0].chosen has 'z'; the choices are x, y",
        ),
        (
            survey(text("a", {"chosen": ["z"], "to": "end"})),
            "question 'a': next[0].chosen has 'z'; this question has no choices",
        ),
        (
            survey(choice("a", "x", "y", next=[{"at_least": 3, "to": "end"}])),
            "question 'a': next[0] asks for a number; this question is answered with none",
        ),
        (
            survey({"ask": "nps", "name": "a", "question": "?", "next": [{"at_least": 11, "to": "end"}]}),
            "question 'a': next[0] (to 'end') never holds",
        ),
        (survey(text("a", {"to": "end"}), text("b")), "question 'b' is never met"),
        (survey(choice("a", "x")), "question 'a': choices are ['x']; give at least two"),
        (survey(choice("a", "x", "x")), "question 'a': choices have the ids ['x', 'x']"),
        (survey(choice("a", "x", "other")), "question 'a': a choice has the id 'other'; set `other` instead"),
        (SurveyContent("?", min=5, max=5), "question 'main': min 5 must be below max 5"),
        (SurveyContent("?", max=5000), "question 'main': 5,001 positions from 0 to 5000"),
        (
            survey(*(text(name) for name in "abcd")),
            "max_steps is 3, and one way through has 4 questions (at most 6); "
            "ask less, let answers lead to `end`, or set max_steps to 4",
        ),
        (survey(*(text(name) for name in "abcdefg"), max_steps=6), "one way through has 7 questions"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_what_is_wrong_is_named_with_the_way_out(content: SurveyContent, fault: str) -> None:
    [said] = survey_faults(content)
    assert fault in said


def test_a_rule_after_one_that_always_holds_is_found():
    faults = survey_faults(survey(text("a", {"to": "b"}, {"to": "end"}), text("b")))
    assert faults == [
        "question 'a': next[1] (to 'end') never holds: no answer is left for it; mend it or take it out"
    ]


@pytest.mark.parametrize("seed", range(60))
def test_a_survey_that_passes_ends_for_every_shopper_within_its_steps(seed: int) -> None:
    """Walked at random, whatever the rules: never back, never more than `max_steps`, no question unmet."""
    chance = random.Random(seed)
    names = [f"q{number}" for number in range(chance.randrange(1, 8))]
    questions = []
    for number, name in enumerate(names):
        later = [*names[number + 1 :], "end"]
        rules = [
            {"at_least": chance.randrange(11), "to": chance.choice(later)} for _ in range(chance.randrange(3))
        ]
        questions.append({"ask": "nps", "name": name, "question": "?", "next": rules})
    content = survey(*questions, max_steps=chance.randrange(1, MAX_STEPS + 1))
    if survey_faults(content):
        assert survey_faults(content)[0].startswith(("question", "max_steps"))
        return
    asked, met = content.asked, set()
    for _ in range(500):
        place, steps = 0, 0
        while place < len(asked):
            met.add(place)
            steps += 1
            after = next_of(asked, place, chance.randrange(11), ())
            assert after > place
            place = after
        assert steps <= content.max_steps
    assert met == set(range(len(asked)))


def compiled(content: SurveyContent) -> dict[str, Any]:
    return compile_content(content, Spoken(("en", "de")), CAMPAIGN)


def test_the_page_is_told_numbers_for_names():
    told = compiled(survey(*LEAVING))
    first, second, third = told["questions"]
    assert first["next"] == [
        {"to": 2, "chosen": ["unhappy", "other"]},
        {"to": 1, "chosen": ["rival"]},
        {"to": 3},
    ]
    assert first["choices"][-1] == ["other", {"en": "Something else", "de": "Etwas anderes"}]
    assert [first["left"], second["left"], third["left"]] == [2, 1, 1]
    assert second["next"] == [{"to": 3}] and "next" not in third
    assert set(told) == {"widget", "questions", "thanks", "labels"}
    assert set(told["labels"]) == {"close", "send", "next", "back", "of", "skip", "private"}


def test_a_single_slider_costs_the_page_no_word_that_it_does_not_use():
    told = compiled(SurveyContent("How easy?", low="Hard"))
    assert told["questions"] == [
        {
            **{"ask": "slider", "name": "main", "question": "How easy?", "min": 0, "max": 10, "step": 1},
            **{"low": "Hard", "high": "", "left": 1},
        }
    ]
    assert set(told["labels"]) == {"close", "send"}


def test_scales_are_told_by_their_ends():
    faces = Rating("How was it?", "r", shape="faces", of=3, low="Bad")
    nps = survey({"ask": "nps", "name": "n", "question": "?"}).asked[0]
    told = compiled(SurveyContent(questions=(faces, nps)))["questions"]
    assert (told[0]["min"], told[0]["max"], told[0]["shape"], told[0]["low"]) == (1, 3, "faces", "Bad")
    assert (told[1]["min"], told[1]["max"], told[1]["low"]["en"]) == (0, 10, "Not at all likely")
