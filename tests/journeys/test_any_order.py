"""Journeys of every kind, and facts told in any order: the same states, the same messages.

The stories are those of tests/worker/test_counted_once.py, which says what a way of delivering is.
"""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heimta.model.condition import Condition
from heimta.model.journey import Branch, Journey, Send, Step, Trigger, Wait, WaitFor
from loadtest.stories import again, once, tell
from loadtest.stories_shop import CONTEXT
from tests.worker.test_counted_once import DEEP, QUICK, VISITOR, run, same


def journey(name: str, trigger: Trigger, *steps: Step, **more: object) -> tuple[Journey, int]:
    made = Journey(name, "demo", name, trigger, steps or (Send("ask", "push", "Hello"),), live=True, **more)  # type: ignore[arg-type]
    return made, 1


_SLOWLY = (
    Wait("breathe", 40),
    Branch("which", Condition(min_orders=1), then=(Send("known", "push", "Again"),)),
    WaitFor("back", Condition(came_back=True), 90, otherwise=(Send("away", "push", "Hello"),)),
)
BUSY = replace(
    CONTEXT,
    journeys=CONTEXT.journeys
    | {
        each[0].id: each
        for each in (
            journey("checkout", Trigger("checkout_abandoned", after_min=15), priority=200),
            journey("quick", Trigger("cart_abandoned", after_min=10), *_SLOWLY, topic="offers"),
            journey("browse", Trigger("browse_abandoned", after_min=20), again_h=5, topic="stock"),
            journey("confirm", Trigger("ordered"), service=True),
            journey("hello", Trigger("subscribed"), *_SLOWLY, topic="news", again_h=None),
            journey("looked", Trigger("event", event="product_viewed"), topic="news", ends_on=("came_back",)),
            journey("took", Trigger("event", event="campaign_accepted", of="exit-offer"), topic="offers"),
            journey(
                "away", Trigger("segment", segment=Condition(min_orders=1, quiet_days=0.1)), topic="stock"
            ),
            journey("loyal", Trigger("segment", segment=Condition(min_orders=2)), topic="news"),
            journey("day", Trigger("date", days_after=1, since="first_visit"), topic="news"),
        )
    },
)


@settings(QUICK, max_examples=40 * DEEP)
@given(st.randoms(use_true_random=False))
def test_whatever_begins_a_journey_it_begins_the_same_way(chance: random.Random) -> None:
    story = tell(chance, VISITOR)
    same(run(once(story), BUSY), run(again(chance, story), BUSY))


def test_long_stories_begin_every_kind_of_journey_and_all_the_same_way() -> None:
    begun: set[str] = set()
    for seed in range(60):
        chance = random.Random(seed)
        story = tell(chance, VISITOR, days=1 + seed % 3, loads=1 + seed % 9)
        done = run(once(story), BUSY)
        same(done, run(again(chance, story, copies=3), BUSY))
        begun |= {name.partition(".")[2] for _, name, _ in done.lift}
        begun |= {
            name.split(".")[2] for _, _, name in done.counts if name.partition(":")[2].startswith("s.j.")
        }
    assert begun >= {name for name in BUSY.journeys if name not in ("cart-push", "slow-push")}


@pytest.mark.parametrize("seed", [14, 109, 1360])
def test_who_came_back_and_left_nothing_has_come_back_all_the_same(seed: int) -> None:
    """A cart filled again and emptied, or bought, within one look at the timers: found by a run of 1,500."""
    chance = random.Random(seed)
    story = tell(chance, VISITOR)
    same(run(once(story), BUSY), run(again(chance, story), BUSY))
