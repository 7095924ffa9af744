"""What a survey has found: steps, shares, groups of a long slider; how often the interval of an NPS holds."""

from __future__ import annotations

from collections import Counter
from datetime import date
from math import exp, lgamma, log

import pytest

from heimta.model.contents import SurveyContent
from heimta.model.contents.survey import Choice, Nps, Question, SingleChoice, Slider, Words
from heimta.stats.answers import BARS, ENOUGH, Bar, Step, nps, survey

DAY = date(2026, 11, 22)


def found(*questions: Question, **counts: int):
    totals = Counter({name.replace("__", "."): count for name, count in counts.items()})
    return survey({DAY: totals}, "ask", [SurveyContent(questions=questions)])


WHY = SingleChoice("Why?", "why", choices=(Choice("price", "Price"), Choice("rival", "Rival")), other=True)


def test_steps_say_where_shoppers_were_lost() -> None:
    told = found(
        WHY,
        Words("What?", "words"),
        c__ask__a__exposed=100,
        c__ask__b__exposed=20,
        c__ask__holdout__exposed=500,
        c__ask__a__answered=50,
        c__ask__a__step__1=50,
        c__ask__a__end__1=10,
        c__ask__a__step__2=25,
        c__ask__a__end__2=25,
    )
    assert (told.seen, told.began, told.finished) == (120, 50, 35)
    assert told.steps == [Step(1, 120, 50, 10), Step(2, 40, 25, 25)]
    assert [step.left for step in told.steps] == [70, 15]


def test_answers_to_a_mail_count_with_the_others_and_not_in_how_far_they_come() -> None:
    mailed = {"c__ask__@mail__answered": 4, "c__ask__@mail__step__1": 4, "c__ask__@mail__end__1": 4}
    page = {"c__ask__a__exposed": 9, "c__ask__a__answered": 3, "c__ask__a__step__1": 3}
    told = found(WHY, s__ask__why=7, **page, **mailed)
    assert (told.seen, told.began, told.finished, told.by_mail) == (9, 3, 0, 4)
    assert told.steps == [Step(1, 9, 3, 0), Step(2, 3, 0, 0)]
    assert [asked.answered for asked in told.asked] == [7]


def test_the_question_that_everybody_left_at_is_a_step_too() -> None:
    told = found(WHY, c__ask__a__exposed=9, c__ask__a__answered=4, c__ask__a__step__1=4)
    assert told.steps == [Step(1, 9, 4, 0), Step(2, 4, 0, 0)]


def test_who_answers_without_being_told_of_was_shown_it_all_the_same() -> None:
    """The exposure may lie before the chosen days: no step has more answers than it was shown."""
    told = found(WHY, c__ask__a__answered=3, c__ask__a__step__1=3, c__ask__a__end__1=3)
    assert told.seen == 3 and told.steps == [Step(1, 3, 3, 3)]


def test_choices_are_counted_in_the_documents_order() -> None:
    [asked] = found(WHY, s__ask__why=7, s__ask__why__other=2, s__ask__why__price=5).asked
    assert asked.answered == 7
    assert asked.bars == [Bar("price", "price", 5), Bar("rival", "rival", 0), Bar("other", "other", 2)]


def test_a_choice_that_was_taken_out_stays_among_what_was_answered() -> None:
    """Else the shares of those that are left would not add up to all."""
    [asked] = found(
        WHY, s__ask__why=9, s__ask__why__price=5, s__ask__why__size=3, s__ask__why__2=1, s__ask__whys__x=1
    ).asked
    assert asked.answered == 8
    assert [(bar.first, bar.count) for bar in asked.bars] == [
        ("price", 5),
        ("rival", 0),
        ("other", 0),
        ("size", 3),
    ]


def test_a_long_slider_is_shown_in_groups_and_its_mean_is_exact() -> None:
    counts = {"s__ask__far": 2, "s__ask__far__100": 1, "s__ask__far__7": 1}
    [asked] = found(Slider("How far?", "far", (), 0, 100), **counts).asked
    assert len(asked.bars) <= BARS and asked.mean == 53.5
    assert asked.bars[0] == Bar("0", "4", 0) and asked.bars[-1] == Bar("100", "100", 1)
    assert sum(bar.count for bar in asked.bars) == 2


def test_an_nps_is_promoters_less_detractors_once_there_are_enough() -> None:
    counts = {"s__ask__nps": 20, "s__ask__nps__10": 8, "s__ask__nps__9": 4, "s__ask__nps__7": 5}
    [asked] = found(Nps("Recommend?", "nps"), **counts, s__ask__nps__6=2, s__ask__nps__0=1).asked
    assert (asked.promoters, asked.detractors) == (12, 3)
    assert asked.score is not None and asked.score.score == 45
    assert asked.score.low < 45 < asked.score.high
    assert nps(ENOUGH - 1, 0, 0) is None


def test_unanimous_answers_are_no_certainty() -> None:
    score = nps(30, 0, 0)
    assert score is not None and score.score == score.high == 100 and score.low < 90


def _holds(n: int, up: float, down: float) -> float:
    """The probability that the interval of n answers holds the true score: every outcome, weighed exactly."""
    total = 0.0
    for promoters in range(n + 1):
        for detractors in range(n + 1 - promoters):
            passives = n - promoters - detractors
            score = nps(promoters, passives, detractors)
            assert score is not None
            if score.low <= 100 * (up - down) <= score.high:
                weight = lgamma(n + 1)
                for count, p in ((promoters, up), (detractors, down), (passives, 1 - up - down)):
                    weight += count * log(p) - lgamma(count + 1)
                total += exp(weight)
    return total


@pytest.mark.parametrize("n", [ENOUGH, 40])
def test_the_interval_holds_as_often_as_it_says(n: int) -> None:
    """95 % on the average over all shops that may be, and never far below."""
    grid = [(up / 10, down / 10) for up in range(1, 9) for down in range(1, 10 - up)]
    held = [_holds(n, up, down) for up, down in grid]
    assert min(held) >= 0.90
    assert sum(held) / len(held) >= 0.945
