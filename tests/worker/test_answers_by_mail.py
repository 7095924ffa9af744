"""Answers to a mail are folded as those of pages are: once, in any order; and nobody is asked twice."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from heimta.ingest.entry import AnswerNote
from heimta.journeys.decide import decide, facts_of
from heimta.model.channel import Channel
from heimta.model.event import BY_MAIL
from heimta.model.journey import Journey, Send, Trigger
from heimta.model.message import Message
from heimta.model.visitor import Answer, Enrollment, Identity, VisitorState
from heimta.worker.apply import apply_fact
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.entries import is_for_known, read_fact
from tests.channels.email_job import SHOP as MAILING
from tests.worker.shop import MINUTE, SHOP, T0, VISITOR
from tests.worker.test_answers import CONTEXT, Told, said


def mailed(question: str = "nps", *, at: int = T0, value: int | None = 9, **more: object) -> Told:
    note = AnswerNote(VISITOR, "ask", question, at, value, step=1, done=False)
    return "answer", at, msgspec.json.encode(msgspec.structs.replace(note, **more))


def fold(*entries: Told, context: ShopContext = CONTEXT) -> tuple[VisitorState, dict[str, int]]:
    state, effects = VisitorState("demo", VISITOR), Effects()
    for kind, received, data in entries:
        fields = {b"s": b"demo", b"k": kind.encode(), b"t": b"%d" % received, b"d": data}
        state = apply_fact(state, read_fact(b"1-0", fields), context=context, effects=effects, restored={})
    return state, {name: by for (_, name, _), by in effects.tally.items() if by}


def test_copies_and_any_order_lead_to_the_same() -> None:
    told = [
        mailed(at=T0, value=3),
        mailed(at=T0 + 1, value=9),
        said("nps", value=7),
        mailed("words", value=None, text="call 0170 1234567", at=T0 + MINUTE),
    ]
    runs = [fold(*order, *order) for order in itertools.permutations(told)]
    assert all(run == runs[0] for run in runs)
    state, counts = runs[0]
    assert state.answers["ask"]["nps"] == Answer(BY_MAIL, (T0 + 1, BY_MAIL, 0), 1, False, 9)
    assert "1234567" not in state.answers["ask"]["words"].text
    assert counts["s.ask.nps"] == 1 and counts["s.ask.nps.9"] == 1 and "s.ask.nps.3" not in counts
    assert counts["c.ask.@mail.answered"] == 1 and "c.ask.a.answered" not in counts


def test_it_is_no_visit() -> None:
    state, counts = fold(mailed())
    assert state.sessions == {} and not state.first_at
    assert not {"visitors", "sessions"} & set(counts)


@pytest.mark.parametrize(
    "odd", [{"question": "none"}, {"value": 11}, {"campaign": "none"}, {"choices": ("x",)}]
)
def test_what_no_question_takes_is_passed_over(odd: dict[str, object]) -> None:
    state, counts = fold(mailed(**odd))  # type: ignore[arg-type]
    assert state.answers == {} and counts == {}


def test_who_was_forgotten_stays_so() -> None:
    kind, at, data = mailed()
    fields = {b"s": b"demo", b"k": kind.encode(), b"t": b"%d" % at, b"d": data}
    assert is_for_known(read_fact(b"1-0", fields))


def test_a_journey_begins_with_it() -> None:
    thank = Journey(
        id="thank", shop="demo", name="Thank", live=True, holdout_pct=0,
        trigger=msgspec.convert({"on": "event", "event": "survey_answered", "of": "ask"}, Trigger),
        steps=(Send("bell", "push", "Thanks"),),
    )  # fmt: skip
    context = ShopContext(SHOP, CONTEXT.campaigns, {"thank": (thank, 1)})
    state, _ = fold(mailed(), context=context)
    assert list(state.moments) == ["event:survey_answered/ask"]


def test_nobody_is_asked_twice() -> None:
    ask = Journey(
        id="how", shop="demo", name="How", live=True, trigger="delivered", topic="news", holdout_pct=0,
        steps=(Send("mail", "email", "How?", "Well?", template="survey", survey="ask"),),
    )  # fmt: skip
    channel: Channel = "email"
    message = Message("m" * 22, "demo", VISITOR, "how", "mail", channel, "", T0, about="1")
    state, _ = fold(said("ease", value=4))
    state.identity = Identity(email="a@mail.example", email_of=(T0, "", 0))
    state.marketing = state.analytics = True
    state.enrollments["how/1"] = Enrollment("", "message", 1, T0, about="1", messages=[message.id])
    verdict = decide(facts_of(state, message, ask, MAILING, now=T0 + MINUTE))
    assert (verdict.outcome, verdict.rule) == ("skip", "answered already")
    state.answers.clear()
    assert decide(facts_of(state, message, ask, MAILING, now=T0 + MINUTE)).rule != "answered already"
