"""What shoppers answer counts once a question, by the newest answer; texts are short, masked and erasable."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from typing import Any

import msgspec
import pytest

from heimta.model.campaign import Campaign, Trigger, Variant
from heimta.model.contents import SurveyContent
from heimta.model.contents.survey import Choice, MultipleChoice, Nps, Rating, SingleChoice, Slider, Words
from heimta.model.visitor import KEEP_ANSWERS, VisitorState
from heimta.rules.personal import masked
from heimta.store import answers, keys
from heimta.store.partition import LostLease, PartitionStore
from heimta.worker.answers import MAX_TEXT
from heimta.worker.apply import apply_fact
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.entries import read_fact
from heimta.worker.owner import Owner
from tests.worker.conftest import Desk
from tests.worker.shop import JOURNEY, MINUTE, SHOP, T0, VISITOR, batch, order

QUESTIONS = (
    Slider("How easy?", "ease", step=2),
    Rating("How was it?", "stars"),
    Nps("Recommend?", "nps"),
    SingleChoice("Why?", "why", choices=(Choice("price", "Price"), Choice("rival", "Rival")), other=True),
    MultipleChoice("What else?", "more", choices=(Choice("size", "Size"), Choice("slow", "Slow"))),
    Words("What happened?", "words"),
)
ASK = Campaign(
    id="ask",
    shop="demo",
    name="Ask",
    live=True,
    trigger=Trigger("exit"),
    variants=(Variant("a", SurveyContent(questions=QUESTIONS, max_steps=6)),),
)
OLD = msgspec.structs.replace(
    ASK, id="old", variants=(Variant("a", SurveyContent("How easy?", follow_up="What else?")),)
)
CONTEXT = ShopContext(SHOP, {"ask": (ASK, 1), "old": (OLD, 1)}, {"cart-push": (JOURNEY, 1)})

Told = tuple[str, int, bytes]


def said(question: str, *, at: int = T0, n: int = 0, campaign: str = "ask", **more: Any) -> Told:
    props = {"campaign": campaign, "arm": "a", "question": question, "step": 1, "done": False, **more}
    return "batch", at, batch(("survey_answered", at, props), first=n)


def fold(
    *entries: Told, state: VisitorState | None = None, context: ShopContext = CONTEXT
) -> tuple[VisitorState, Effects]:
    effects = Effects()
    for kind, received, data in entries:
        fields = {b"s": b"demo", b"k": kind.encode(), b"t": str(received).encode(), b"d": data}
        state = apply_fact(state, read_fact(b"1-0", fields), context=context, effects=effects, restored={})
    assert state is not None
    return state, effects


def counts(effects: Effects) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for row in effects.counts.values():
        for name, by in row.items():
            sums[name.partition(":")[2]] += by
    return {name: by for name, by in sums.items() if by and name[:2] in ("s.", "c.")}


WALK = [
    said("stars", value=2, kind="rating", n=0),
    said("why", choices=["other"], text="too dear", kind="choice", step=2, n=1, at=T0 + MINUTE),
    said("words", text="slow", kind="text", step=3, done=True, n=2, at=T0 + 2 * MINUTE),
]


def test_each_step_counts_as_it_is_told():
    state, effects = fold(WALK[0])
    assert counts(effects) == {
        "s.ask.stars": 1,
        "s.ask.stars.2": 1,
        "c.ask.a.answered": 1,
        "c.ask.a.step.1": 1,
    }
    _, effects = fold(*WALK[1:], state=state)
    assert counts(effects) == {
        "s.ask.why": 1,
        "s.ask.why.other": 1,
        "s.ask.words": 1,
        "c.ask.a.step.2": 1,
        "c.ask.a.step.3": 1,
        "c.ask.a.end.3": 1,
    }


@pytest.mark.parametrize("entries", list(itertools.permutations([*WALK, WALK[0]])))
def test_order_and_copies_change_nothing(entries: tuple[Told, ...]) -> None:
    ordered, expected = fold(*WALK)
    state, effects = fold(*entries)
    assert counts(effects) == counts(expected)
    assert state.answers == ordered.answers
    assert effects.heard == expected.heard == {("demo", "ask"): {VISITOR: T0 + 2 * MINUTE}}


def test_an_answer_to_a_variant_that_was_taken_out_counts_while_another_asks_the_same() -> None:
    context = dataclasses.replace(CONTEXT, gone={"ask": {"b"}})
    _, effects = fold(said("stars", value=2, arm="b"), said("nosuch", arm="b", n=1), context=context)
    assert counts(effects) == {
        "s.ask.stars": 1,
        "s.ask.stars.2": 1,
        "c.ask.b.answered": 1,
        "c.ask.b.step.1": 1,
    }


def test_who_goes_back_is_counted_by_the_newest_answer_alone():
    again = said("stars", value=5, n=3, at=T0 + 90 * MINUTE)
    taken_back = said("why", n=4, at=T0 + 90 * MINUTE)
    state, effects = fold(*WALK, again, taken_back)
    told = counts(effects)
    assert told["s.ask.stars"] == 1 and told["s.ask.stars.5"] == 1
    assert not {"s.ask.stars.2", "s.ask.why", "s.ask.why.other"} & told.keys()
    assert state.answers["ask"]["why"].is_empty
    assert all(by >= 0 for by in told.values())


def test_an_old_widget_tells_its_slider_twice_and_counts_once():
    first = said("main", campaign="old", value=7, done=False)
    second = said("main", campaign="old", value=7, text="Sizes", done=True, n=1, at=T0 + MINUTE)
    state, effects = fold(first, second)
    assert counts(effects) == {
        "s.old.main": 1,
        "s.old.main.7": 1,
        "c.old.a.answered": 1,
        "c.old.a.step.1": 1,
        "c.old.a.end.1": 1,
    }
    assert state.answers["old"]["main"].text == "Sizes"


def test_a_skipped_text_is_a_step_and_no_answer():
    _, effects = fold(WALK[0], said("words", text="", step=2, done=True, n=1))
    told = counts(effects)
    assert "s.ask.words" not in told and told["c.ask.a.end.2"] == 1


@pytest.mark.parametrize(
    "told",
    [
        {"question": "nosuch", "value": 1},
        {"question": "stars", "value": 0},
        {"question": "stars", "value": 6},
        {"question": "stars", "value": 2.5},
        {"question": "stars", "value": 3, "kind": "nps"},
        {"question": "stars", "value": 3, "arm": "b"},
        {"question": "stars", "value": 3, "campaign": "nosuch"},
        {"question": "ease", "value": 3},
        {"question": "why", "value": 3},
        {"question": "why", "choices": ["nosuch"]},
        {"question": "more", "choices": ["other"]},
        {"question": "words", "value": 3},
    ],
    ids=str,
)
def test_an_answer_that_cannot_be_given_makes_no_counter(told: dict[str, Any]) -> None:
    state, effects = fold(said(**told))
    assert counts(effects) == {} and not state.answers


def test_the_merchants_own_visit_counts_nothing_whenever_it_is_known():
    mine = ("batch", T0 + MINUTE, batch(("page_viewed", T0 + MINUTE, {}), first=9, preview=True))
    _, effects = fold(*WALK, mine)
    assert counts(effects) == {}


def test_a_text_is_kept_short_and_tells_nobody_who_wrote_it():
    text = "Write to anna.b@shop.example or +49 (170) 123-45 67, order 12345678. " + "x" * 900
    state, _ = fold(said("words", text=text))
    kept = state.answers["ask"]["words"].text
    assert kept.startswith("Write to [e-mail] or [number], order [number]. xxx")
    assert len(kept) == MAX_TEXT


@pytest.mark.parametrize("text", ["24.90 EUR is too much", "2 weeks, 3 hats, size 42", "@ home", "100 000"])
def test_what_tells_nobody_is_left_as_it_is(text: str) -> None:
    assert masked(text) == text


NO = (
    "batch",
    T0 + 5 * MINUTE,
    batch(("consent_changed", T0 + 5 * MINUTE, {"analytics": False, "marketing": False}), first=7),
)


@pytest.mark.parametrize("entries", list(itertools.permutations([*WALK, NO])))
def test_a_withdrawn_consent_erases_every_text_that_was_written_before(entries: tuple[Told, ...]) -> None:
    state, effects = fold(*entries)
    assert b"slow" not in msgspec.msgpack.encode(state) and b"dear" not in msgspec.msgpack.encode(state)
    assert counts(effects)["s.ask.why.other"] == 1 and "s.ask.words" not in counts(effects)


def test_what_is_kept_of_one_visitor_is_bounded_and_counts_once():
    """More answers than are kept: of campaigns that come and go."""
    many = {f"c{i}": (msgspec.structs.replace(ASK, id=f"c{i}"), 1) for i in range(KEEP_ANSWERS + 20)}
    context = ShopContext(SHOP, many, {})
    effects, state = Effects(), None
    entries = [said("nps", campaign=name, value=3, n=i, at=T0 + i) for i, name in enumerate(many)]
    for kind, received, data in entries * 2:
        fields = {b"s": b"demo", b"k": kind.encode(), b"t": str(received).encode(), b"d": data}
        fact = read_fact(b"1-0", fields)
        state = apply_fact(state, fact, context=context, effects=effects, restored={})
    assert state is not None and sum(map(len, state.answers.values())) == KEEP_ANSWERS
    assert set(counts(effects).values()) == {1}


def owner_of(desk: Desk, token: str) -> Owner:
    async def owners(tokens: set[tuple[str, str]]) -> dict[str, str]:
        return {}

    async def nothing(*_: object) -> None:
        return None

    store = PartitionStore(desk.redis, 0, token)
    return Owner(store, {"demo": CONTEXT}, owners=owners, redeem=nothing, refresh=nothing)


async def test_who_answered_is_found_newest_first_also_when_the_owner_died_in_between(desk: Desk) -> None:
    first = owner_of(desk, "first")
    assert await first.take_over()
    for kind, at, data in WALK:
        await desk.tell(kind, data, at)
    await desk.tell("order", order("1", 500, T0), T0)
    await desk.redis.delete(keys.lease(0))
    assert await owner_of(desk, "second").take_over()
    with pytest.raises(LostLease):
        await first.fold()
    assert await desk.redis.zcard(keys.answered(0, "demo", "ask")) == 1
    assert await answers.newest(desk.redis, "demo", "ask", 1, most=9) == [], "a name, and nothing said"
    await desk.redis.delete(keys.lease(0))
    third = owner_of(desk, "third")
    assert await third.take_over()
    await third.fold()
    [found] = await answers.newest(desk.redis, "demo", "ask", 1, most=9, words=True)
    assert found.at == T0 + 2 * MINUTE and found.answers["words"].text == "slow"
    assert found.order is not None and found.order.id == "1"


def test_an_order_beside_the_answers_changes_none_of_them():
    state, effects = fold(*WALK, ("order", T0 + 3 * MINUTE, order("1", 500, T0)))
    assert counts(effects)["s.ask.stars.2"] == 1 and state.orders["1"].minor == 500
