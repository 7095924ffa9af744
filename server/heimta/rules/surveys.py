"""Where the answers of a survey lead, and what is wrong with a survey that a type cannot say.

Rules are tried out with every answer that can be given, so what is said of them is exact: which question is
never met, which rule never holds, how long the longest way is. The twin of `next_of` is widgets/src/next.ts;
both are held to tests/vectors/survey_next.json.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from heimta.model.campaign import Campaign
from heimta.model.contents.survey import (
    END,
    MAX_STEPS,
    OTHER,
    MultipleChoice,
    Question,
    Rule,
    SingleChoice,
    Slider,
    SurveyContent,
    bounds,
    choices,
    kind,
)
from heimta.model.event import BY_MAIL
from heimta.model.journey import Journey, Send, all_steps
from heimta.model.visitor import Answer as Given

MAX_TEXT = 500  # characters that are kept of an answer in words
MAX_POSITIONS = 1001  # of a slider: each is counted under its own name

Answer = tuple[int | None, tuple[str, ...]]  # the number given, the choices taken


def next_of(asked: Collection[Question], index: int, value: float | None, chosen: Collection[str]) -> int:
    """Which question comes after this answer; len(asked) is the end."""
    questions = list(asked)
    rule = _first(questions[index], value, chosen)
    return index + 1 if rule is None else place(questions, questions[index].next[rule])


def mailed(campaign: Campaign | None) -> SurveyContent | None:
    """The survey of a campaign that a message asks: its first variant's that has one."""
    variants = campaign.variants if campaign is not None else ()
    return next((v.content for v in variants if isinstance(v.content, SurveyContent)), None)


def mailed_by(journeys: Iterable[Journey]) -> frozenset[str]:
    """The campaigns whose surveys these journeys ask. Links outlive a journey that is switched off."""
    steps = (step for journey in journeys for step in all_steps(journey.steps))
    return frozenset(step.survey for step in steps if isinstance(step, Send) and step.survey)


def has_answered(given: Mapping[str, Given] | None) -> bool:
    """Whether the shopper said anything in a survey: then they are not asked anew. given: by question."""
    return any(not answer.is_empty for answer in (given or {}).values())


def goes_on_at(content: SurveyContent, given: Mapping[str, Given]) -> int:
    """Which question the page behind a link asks next, by what was said before; len(asked) for none: whoever
    answered on the shop's own pages, or came to the end, is done.
    """
    asked, index = content.asked, 0
    if has_answered({name: one for name, one in given.items() if one.done or one.arm != BY_MAIL}):
        return len(asked)
    while index < len(asked) and (answer := given.get(asked[index].name)) is not None:
        index = next_of(asked, index, answer.value, answer.choices)
    return index


def place(asked: Collection[Question], rule: Rule) -> int:
    """Where a rule leads; the end for a name that is not there."""
    names = [question.name for question in asked]
    return names.index(rule.to) if rule.to in names else len(names)


def _first(question: Question, value: float | None, chosen: Collection[str]) -> int | None:
    return next((i for i, rule in enumerate(question.next) if _holds(rule, value, chosen)), None)


def _holds(rule: Rule, value: float | None, chosen: Collection[str]) -> bool:
    if rule.at_least is not None and (value is None or value < rule.at_least):
        return False
    if rule.at_most is not None and (value is None or value > rule.at_most):
        return False
    return not rule.chosen or any(one in rule.chosen for one in chosen)


def _answers(question: Question) -> list[Answer]:
    """All that can be told apart. Of several choices the rule of one of them holds: the earliest."""
    span = bounds(question)
    if span is not None:
        low, high, step = span
        return [(value, ()) for value in range(low, high + 1, step)]
    return [(None, (one,)) for one in choices(question)] or [(None, ())]


def lefts(asked: Collection[Question]) -> list[int]:
    """Of each question, how many are asked from it on, itself included, on the longest way."""
    questions = list(asked)
    found = [0] * (len(questions) + 1)
    for index in reversed(range(len(questions))):
        ways = {next_of(questions, index, *answer) for answer in _answers(questions[index])}
        found[index] = 1 + max(found[way] for way in ways)
    return found[:-1]


def rescaled(before: Campaign, after: Campaign) -> list[str]:
    """Questions that keep their name and are of another kind or scale now: what was answered before would be
    counted with what is answered now. No fault as long as nobody has answered.
    """
    known = {question.name: question for question in _asked_by(before)}
    return [
        f"question {new.name!r} has answers as {_scale(old)} and would be {_scale(new)} now, counted as one; "
        f"give it another `name`"
        for new in _asked_by(after)
        if (old := known.get(new.name)) is not None and _scale(old) != _scale(new)
    ]


def _asked_by(campaign: Campaign) -> list[Question]:
    contents = [v.content for v in campaign.variants if isinstance(v.content, SurveyContent)]
    return list({question.name: question for content in contents for question in content.asked}.values())


def _scale(question: Question) -> str:
    span = bounds(question)
    if span is None:
        return f"`{kind(question)}`"
    low, high, step = span
    return f"`{kind(question)}` from {low} to {high}" + (f" by {step}" if step != 1 else "")


def survey_faults(content: SurveyContent) -> list[str]:
    """One line a fault: field, value, rule, way out."""
    if not content.question and not content.questions:
        return ["questions: missing; give at least one, as docs/surveys.md shows"]
    if content.question and content.questions:
        return ["question and questions are both given; keep `questions`, and make the other its first"]
    asked = content.asked
    names = [question.name for question in asked]
    if END in names:
        return [f"a question is named {END!r}; that name is taken, choose another"]
    if len(set(names)) < len(names):
        return [f"questions have the names {names}; each must be its own"]
    faults = [fault for question in asked for fault in _scale_faults(question)]
    faults += [fault for question in asked for fault in _choice_faults(question)]
    faults += [fault for index in range(len(asked)) for fault in _rule_faults(asked, index)]
    return faults or _way_faults(content)


def _scale_faults(question: Question) -> list[str]:
    if not isinstance(question, Slider):
        return []
    if question.min >= question.max:
        return [f"question {question.name!r}: min {question.min} must be below max {question.max}"]
    positions = (question.max - question.min) // question.step + 1
    if positions > MAX_POSITIONS:
        return [
            f"question {question.name!r}: {positions:,} positions from {question.min} to {question.max}; "
            f"a slider has at most {MAX_POSITIONS:,}, make `step` larger"
        ]
    return []


def _choice_faults(question: Question) -> list[str]:
    if not isinstance(question, SingleChoice | MultipleChoice):
        return []
    ids = [choice.id for choice in question.choices]
    where = f"question {question.name!r}"
    if OTHER in ids:
        return [f"{where}: a choice has the id {OTHER!r}; set `other` instead, which takes words too"]
    if len(set(ids)) < len(ids):
        return [f"{where}: choices have the ids {ids}; each must be its own"]
    if len(choices(question)) < 2:
        return [f"{where}: choices are {ids}; give at least two, `other` counts as one"]
    return []


def _rule_faults(asked: tuple[Question, ...], index: int) -> list[str]:
    question, later = asked[index], [one.name for one in asked[index + 1 :]]
    known, faults = choices(question), []
    for number, rule in enumerate(question.next):
        where = f"question {question.name!r}: next[{number}]"
        if rule.to != END and rule.to not in later:
            faults.append(
                f"{where}.to is {rule.to!r}; it must be {END!r} or a question further down: "
                f"{', '.join(later) or 'there is none'}"
            )
        strange = [one for one in rule.chosen if one not in known]
        if strange:
            there = f"the choices are {', '.join(known)}" if known else "this question has no choices"
            faults.append(f"{where}.chosen has {', '.join(map(repr, strange))}; {there}")
        if bounds(question) is None and (rule.at_least is not None or rule.at_most is not None):
            faults.append(f"{where} asks for a number; this question is answered with none, use `chosen`")
    return faults


def _way_faults(content: SurveyContent) -> list[str]:
    """What only shows when the answers are tried out: rules and questions that nobody meets, long ways."""
    asked, faults = content.asked, []
    met = {0}
    for index, question in enumerate(asked):
        answers = _answers(question)
        used = {_first(question, *answer) for answer in answers}
        for number, rule in enumerate(question.next):
            if number not in used:
                faults.append(
                    f"question {question.name!r}: next[{number}] (to {rule.to!r}) never holds: "
                    "no answer is left for it; mend it or take it out"
                )
        if index in met:
            met |= {next_of(asked, index, *answer) for answer in answers}
        else:
            faults.append(
                f"question {question.name!r} is never met: no answer leads to it; "
                "name it in a rule's `to`, or take it out"
            )
    longest = lefts(asked)[0]
    if longest > content.max_steps:
        way_out = "ask less, let answers lead to `end`"
        if longest <= MAX_STEPS:
            way_out += f", or set max_steps to {longest}"
        faults.append(
            f"max_steps is {content.max_steps}, and one way through has {longest} questions "
            f"(at most {MAX_STEPS}); {way_out}"
        )
    return faults
