"""Fold what shoppers answer in surveys: each question counts once a visitor, by its newest answer. Pure.

What is counted follows from the answers kept, so it is worked out before and after, and the difference is
counted: whatever the order in which steps come, however often, whoever goes back and answers anew. The
merchant's own visits count nothing. Free text stays in the visitor's state alone, short and without what
tells who wrote it (rules/personal.py); a withdrawn consent erases it. Only who answered when is listed
besides (store/answers.py), so that the newest are found.

An answer to a message is one like any other, in an arm of its own: nobody was exposed to it on a page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from heimta.ingest.batch import Event
from heimta.ingest.entry import AnswerNote
from heimta.model.campaign import Campaign
from heimta.model.contents import SurveyContent
from heimta.model.contents.survey import bounds, choices, kind
from heimta.model.event import BY_MAIL, SurveyAnswered
from heimta.model.visitor import KEEP_ANSWERS, Answer, Stamp, VisitorState
from heimta.rules.personal import masked
from heimta.rules.surveys import MAX_TEXT, mailed
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.moments import note_event

Tally = Counter[tuple[str, int]]  # (metric, ms) -> count


def is_answer_of(campaign: Campaign, told: SurveyAnswered, gone: Collection[str] = ()) -> bool:
    """Whether it can be answered so: else anyone could make counters of any name. gone: arms that were taken
    out lately; what they asked counts as long as another one asks it.
    """
    if told.arm == BY_MAIL:
        content = mailed(campaign)
        return content is not None and _is_answer_to(content, told)
    asking = [v.content for v in campaign.variants if v.id == told.arm or told.arm in gone]
    return any(_is_answer_to(one, told) for one in asking if isinstance(one, SurveyContent))


def _is_answer_to(content: SurveyContent, told: SurveyAnswered) -> bool:
    question = next((one for one in content.asked if one.name == told.question), None)
    if question is None or told.kind not in ("", kind(question)):
        return False
    if told.choices and not set(told.choices) <= set(choices(question)):
        return False
    if told.value is None:
        return True
    span = bounds(question)
    return span is not None and _is_within(told.value, *span)


def _is_within(value: float, low: int, high: int, step: int) -> bool:
    return low <= value <= high and (value - low) % step == 0


def answered(state: VisitorState, event: Event, stamp: Stamp, effects: Effects) -> None:
    told = event.props
    assert isinstance(told, SurveyAnswered)
    heard = effects.heard[state.shop, told.campaign]
    heard[state.visitor] = max(heard.get(state.visitor, 0), event.at)
    given = state.answers.setdefault(told.campaign, {})
    held = given.get(told.question)
    if held is not None and held.stamp >= stamp:
        return
    text = masked(told.text.strip())[:MAX_TEXT] if stamp > state.withdrawn else ""
    value = None if told.value is None else int(told.value)
    taken = sorted(set(told.choices))
    given[told.question] = Answer(told.arm, stamp, told.step, told.done, value, taken, text)
    if sum(map(len, state.answers.values())) > KEEP_ANSWERS:
        _forget_oldest(state)


def answered_by_mail(state: VisitorState, note: AnswerNote, context: ShopContext, effects: Effects) -> None:
    """What was said on the page behind a link. Its time is the edge's, so a copy is the same answer again."""
    told = SurveyAnswered(
        campaign=note.campaign,
        arm=BY_MAIL,
        question=note.question,
        value=note.value,
        choices=note.choices,
        text=note.text,
        step=note.step,
        done=note.done,
    )
    known = context.campaigns.get(note.campaign)
    if known is None or note.at <= state.floor or not is_answer_of(known[0], told):
        return
    event = Event("survey_answered", note.at, BY_MAIL, 0, "", "", told)
    answered(state, event, (note.at, BY_MAIL, 0), effects)
    if context.plans.waited:
        note_event(state, event, context.plans)


def _forget_oldest(state: VisitorState) -> None:
    """What it was counted as stays counted, and is passed over when it comes again."""
    _, campaign, question = min(
        (answer.stamp, campaign, question)
        for campaign, given in state.answers.items()
        for question, answer in given.items()
    )
    gone = state.answers[campaign].pop(question)
    if not state.answers[campaign]:
        del state.answers[campaign]
    state.floor = max(state.floor, gone.stamp[0])


def erase_words(state: VisitorState) -> None:
    """Consent is withdrawn: what was written before goes; what was picked names nobody."""
    for given in state.answers.values():
        for answer in given.values():
            if answer.stamp <= state.withdrawn:
                answer.text = ""


def tally_answers(state: VisitorState) -> Tally:
    """What this visitor's answers count."""
    tally: Tally = Counter()
    if state.preview:
        return tally
    for campaign, given in state.answers.items():
        for question, answer in given.items():
            if answer.is_empty:
                continue
            at, name = answer.stamp[0], f"s.{campaign}.{question}"
            tally[name, at] += 1
            for one in answer.choices if answer.value is None else [str(answer.value)]:
                tally[f"{name}.{one}", at] += 1
        for arm in {answer.arm for answer in given.values()}:
            _tally_way(tally, f"c.{campaign}.{arm}", [one for one in given.values() if one.arm == arm])
    return tally


def _tally_way(tally: Tally, name: str, way: list[Answer]) -> None:
    """How far one visitor came: at each step up to the last, and at which it ended, if it did."""
    at, far = min(answer.stamp[0] for answer in way), max(answer.step for answer in way)
    if any(not answer.is_empty for answer in way):
        tally[f"{name}.answered", at] += 1
    for step in range(1, far + 1):
        tally[f"{name}.step.{step}", at] += 1
    if any(answer.done for answer in way):
        tally[f"{name}.end.{far}", at] += 1


def settle_answers(state: VisitorState, before: Tally, effects: Effects) -> None:
    """Count the difference to `before`."""
    after = tally_answers(state)
    for metric, at in before.keys() | after.keys():
        by = after[metric, at] - before[metric, at]
        if by:
            effects.count(state.shop, metric, at, by)
