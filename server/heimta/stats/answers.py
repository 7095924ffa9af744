"""What a survey has found: how far shoppers came, and what they answered. Pure.

Each visitor counts once a question, by their newest answer (worker/answers.py). A survey hears only those who
answer, so no figure here speaks for all shoppers; the interval of the NPS says how far chance alone, with so
few answers, may have moved it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from math import ceil, sqrt

from msgspec import Struct

from heimta.model.contents import SurveyContent
from heimta.model.contents.survey import Nps, Question, bounds, choices
from heimta.model.event import BY_MAIL, HOLDOUT

BARS = 21  # of a plot; a slider with more positions is shown in groups
ENOUGH = 20  # answers, below which an NPS would say nothing
Z = 1.959964  # of 95 %
NUMBER = re.compile(r"-?[0-9]+\Z")
PROMOTER, DETRACTOR = 9, 6  # from 9 on, up to 6

Days = Mapping[date, Counter[str]]


class Bar(Struct, frozen=True):
    """first, last: of the numbers it stands for, or twice the choice's id."""

    first: str
    last: str
    count: int


class Score(Struct, frozen=True):
    """An NPS, -100 to 100, and the interval that holds the true one in 95 of 100 such surveys."""

    score: float
    low: float
    high: float


class Asked(Struct, frozen=True):
    """answered: visitors. mean: of the numbers given. score: of an NPS with enough answers."""

    question: Question
    answered: int
    bars: list[Bar]
    mean: float | None = None
    score: Score | None = None
    promoters: int = 0
    detractors: int = 0


class Step(Struct, frozen=True):
    """reached: visitors who were shown the question. left: of those, who went without an answer."""

    number: int
    reached: int
    answered: int
    ended: int  # whose survey ended with it

    @property
    def left(self) -> int:
        return self.reached - self.answered


class Survey(Struct, frozen=True):
    """seen, began, finished, steps: on the shop's pages. by_mail: who answered a message; `asked` has all.
    earlier: of those who saw it, how many must have been shown it before these days: more answered than were.
    """

    seen: int
    began: int
    finished: int
    steps: list[Step]
    asked: list[Asked]
    by_mail: int = 0
    earlier: int = 0


def survey(days: Days, name: str, contents: Iterable[SurveyContent]) -> Survey:
    """The survey of a campaign, all its variants together; a question that several have is one."""
    total: Counter[str] = Counter()
    for counts in days.values():
        total.update(counts)
    met = _of_arms(total, name)
    questions = {question.name: question for content in contents for question in content.asked}
    steps = _steps(met)
    return Survey(
        seen=max(met["exposed"], met["answered"]),
        began=met["answered"],
        finished=sum(step.ended for step in steps),
        steps=steps,
        asked=[_asked(total, f"s.{name}.{question.name}", question) for question in questions.values()],
        by_mail=total[f"c.{name}.{BY_MAIL}.answered"],
        earlier=max(met["answered"] - met["exposed"], 0),
    )


def _of_arms(total: Counter[str], name: str) -> Counter[str]:
    """Counters of the arms that show something, added up."""
    met: Counter[str] = Counter()
    prefix = f"c.{name}."
    for metric, count in total.items():
        if metric.startswith(prefix):
            arm, _, what = metric.removeprefix(prefix).partition(".")
            if arm not in (HOLDOUT, BY_MAIL):
                met[what] += count
    return met


def _steps(met: Counter[str]) -> list[Step]:
    """Whoever answered a step and did not end with it was shown the next one."""
    steps: list[Step] = []
    reached, number = met["exposed"], 1
    while answered := met[f"step.{number}"]:
        ended = met[f"end.{number}"]
        steps.append(Step(number, max(reached, answered), answered, ended))
        reached, number = answered - ended, number + 1
    if reached > 0:
        steps.append(Step(number, reached, 0, 0))
    return steps


def _asked(total: Counter[str], prefix: str, question: Question) -> Asked:
    """The question may have been another one under this name: what was answered to that one, on another
    scale, is no bar any more and is left out. A choice that was taken out stays one: its shoppers answered.
    """
    span = bounds(question)
    if span is None:
        known = choices(question)
        picked = _ends(total, prefix).keys() - known if known else set()
        gone = sorted(one for one in picked if not NUMBER.match(one) and total[f"{prefix}.{one}"])
        bars = [Bar(one, one, total[f"{prefix}.{one}"]) for one in (*known, *gone)]
        return Asked(question, total[prefix] - _numbers(total, prefix, known), bars)
    low, high, step = span
    values = range(low, high + 1, step)
    counts = {value: total[f"{prefix}.{value}"] for value in values}
    given = sum(counts.values())
    mean = sum(value * count for value, count in counts.items()) / given if given else None
    width = ceil(len(values) / BARS)
    groups = [values[start : start + width] for start in range(0, len(values), width)]
    bars = [Bar(str(group[0]), str(group[-1]), sum(counts[value] for value in group)) for group in groups]
    if not isinstance(question, Nps):
        return Asked(question, given, bars, mean)
    promoters = sum(count for value, count in counts.items() if value >= PROMOTER)
    detractors = sum(count for value, count in counts.items() if value <= DETRACTOR)
    score = nps(promoters, given - promoters - detractors, detractors)
    return Asked(question, given, bars, mean, score, promoters, detractors)


def _numbers(total: Counter[str], prefix: str, known: tuple[str, ...]) -> int:
    """How often a question that asks for no number was answered with one."""
    ends = _ends(total, prefix)
    return sum(count for end, count in ends.items() if NUMBER.match(end) and end not in known)


def _ends(total: Counter[str], prefix: str) -> dict[str, int]:
    """What a question was answered with, and how often."""
    head = f"{prefix}."
    return {name.removeprefix(head): count for name, count in total.items() if name.startswith(head)}


def nps(promoters: int, passives: int, detractors: int) -> Score | None:
    """Share of promoters less that of detractors, in points; None while there are too few answers.

    The interval is Wald's with three answers added, 3/4, 3/2 and 3/4: with a few dozen answers, or all alike,
    the plain one is far too sure of itself (B. Rocks, "Interval estimation for the Net Promoter Score",
    The American Statistician 70(4), 2016). tests/stats/test_answers.py works out how often it holds.
    """
    n = promoters + passives + detractors
    if n < ENOUGH:
        return None
    up, down = (promoters + 0.75) / (n + 3), (detractors + 0.75) / (n + 3)
    middle = up - down
    half = Z * sqrt((up + down - middle * middle) / (n + 3))
    score = 100 * (promoters - detractors) / n
    return Score(
        score,
        max(min(100 * (middle - half), score), -100.0),
        min(max(100 * (middle + half), score), 100.0),
    )
