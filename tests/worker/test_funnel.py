"""How far sessions come, where they stop, what faults cost: once each, whatever came late, twice or mixed."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import msgspec
import pytest

from heimta.model.visitor import VisitorState
from heimta.worker.apply import apply_fact
from heimta.worker.effects import HOUR_MS, Effects
from heimta.worker.entries import read_fact
from heimta.worker.funnel import KEEP_FAULTS, KEEP_FAULTY_CARTS
from tests.worker.shop import CART, CONTEXT, MINUTE, T0, batch, cart, order

Step = tuple[str, int, dict[str, Any]]
Entry = tuple[str, int, bytes]


def told(*steps: Step, sid: str = "i" * 11, src: str = "one") -> list[Entry]:
    """Each event in a batch and of a source of its own."""
    received = T0 + 20 * HOUR_MS
    return [
        ("batch", received, batch(step, src=f"{src}{sid[0]}{i:07d}", sid=sid, sent=received))
        for i, step in enumerate(steps)
    ]


def fold(entries: list[Entry], state: VisitorState | None = None) -> tuple[VisitorState, Counter[str]]:
    """The state, and what was counted: `<hour>:<metric>`."""
    effects = Effects()
    for number, (kind, received, data) in enumerate(entries):
        fields = {b"s": b"demo", b"k": kind.encode(), b"t": str(received).encode(), b"d": data}
        fact = read_fact(f"{number}-0".encode(), fields)
        state = apply_fact(state, fact, context=CONTEXT, effects=effects, restored={})
    assert state is not None
    counts = {f"{day} {name}": by for (_, day), row in effects.counts.items() for name, by in row.items()}
    return state, Counter({name: by for name, by in counts.items() if by})


def of(counts: Counter[str], *prefixes: str) -> dict[str, int]:
    """Without their hours, those that begin so."""
    sums: Counter[str] = Counter()
    for name, by in counts.items():
        metric = name.partition(":")[2]
        if metric.startswith(prefixes):
            sums[metric] += by
    return {metric: by for metric, by in sums.items() if by}


def field(kind: str, state: str = "filled", **more: int) -> dict[str, Any]:
    return {"kind": kind, "state": state, **more}


def fault(what: str = "500 /api/shipping", cart_id: str = CART) -> dict[str, Any]:
    return {"kind": "network", "what": what, "cart": cart_id}


WALK: list[Step] = [
    ("product_viewed", T0, {"sku": "hat"}),
    ("cart_updated", T0 + MINUTE, {"cart": cart(4000)}),
    ("checkout_started", T0 + 2 * MINUTE, {}),
    ("checkout_step_reached", T0 + 3 * MINUTE, {"step": "address"}),
    ("checkout_step_reached", T0 + 4 * MINUTE, {"step": "payment"}),
    ("fault_met", T0 + 5 * MINUTE, fault()),
    ("payment_info_added", T0 + 5 * MINUTE, {"how": "card"}),
    (
        "checkout_fields",
        T0 + 6 * MINUTE,
        {
            "fields": [field("zip", "error", ms=4000), field("card", ms=900, changes=2)],
            "last": "card",
        },
    ),
]


def test_a_session_counts_at_each_step_up_to_the_furthest() -> None:
    _, counts = fold(told(*WALK))
    steps = ("product", "cart", "checkout", "address", "shipping", "payment", "paid")
    assert of(counts, "funnel.") == {f"funnel.{step}": 1 for step in steps}
    assert of(counts, "step.") == {f"step.{step}": 1 for step in ("address", "payment", "paid")}


def test_an_empty_cart_is_no_step() -> None:
    _, counts = fold(told(("cart_updated", T0, {"cart": cart(0, lines=0)})))
    assert of(counts, "funnel.", "step.") == {}


def test_the_field_they_stop_at_is_the_last_by_time_until_they_order() -> None:
    earlier: Step = ("checkout_fields", T0 + MINUTE, {"fields": [field("email")], "last": "email"})
    state, counts = fold(told(*WALK))
    assert of(counts, "field.card") == {
        "field.card.entered": 1,
        "field.card.corrected": 1,
        "field.card.ms": 900,
        "field.card.stopped": 1,
    }
    assert of(counts, "field.zip") == {"field.zip.entered": 1, "field.zip.wrong": 1, "field.zip.ms": 4000}
    state, counts = fold(told(earlier, src="two"), state)
    assert "field.email.stopped" not in of(counts, "field.") and of(counts, "field.email.entered")
    done: Step = ("order_completed", T0 + 7 * MINUTE, {"order": "1"})
    _, counts = fold(told(done, src="end"), state)
    assert of(counts, "field.") == {"field.card.stopped": -1}
    assert of(counts, "funnel.") == {"funnel.review": 1, "funnel.order": 1}


def test_two_sessions_are_two() -> None:
    first: Step = ("checkout_started", T0, {})
    second: Step = ("checkout_started", T0 + 2 * HOUR_MS, {})
    _, counts = fold([*told(first), *told(second, sid="j" * 11)])
    assert of(counts, "funnel.checkout") == {"funnel.checkout": 2}


def test_a_session_counts_in_the_hour_it_began_in() -> None:
    late: Step = ("page_viewed", T0 - 2 * HOUR_MS, {})
    _, counts = fold([*told(*WALK), *told(late, src="two")])
    hours = {name.split(":")[0] for name in counts if ":funnel." in name or ":sessions" in name}
    assert hours == {"20251121 19"}


def test_a_cart_that_met_a_fault_is_worth_what_is_in_it_until_it_is_ordered() -> None:
    state, counts = fold(told(*WALK))
    name = "network 500 /api/shipping"
    lost = {f"fault.times.{name}": 1, f"fault.carts.{name}": 1, "faults.carts": 1, "faults_minor.EUR": 4000}
    assert of(counts, "fault.", "faults") == lost
    _, counts = fold([("order", T0 + HOUR_MS, order("1", 4000, T0 + 9 * MINUTE))], state)
    assert of(counts, "fault.", "faults") == {
        f"fault.ordered.{name}": 1,
        "faults.ordered": 1,
        "faults_minor.EUR": -4000,
    }


def test_the_browsers_word_on_an_order_is_enough_for_the_fault() -> None:
    done: Step = ("order_completed", T0 + 7 * MINUTE, {"order": "1"})
    _, counts = fold(told(*WALK, done))
    assert of(counts, "faults") == {"faults.carts": 1, "faults.ordered": 1}


def test_a_fault_without_a_cart_is_counted_and_costs_none() -> None:
    _, counts = fold(told(("fault_met", T0, fault(cart_id=""))))
    assert of(counts, "fault.", "faults") == {"fault.times.network 500 /api/shipping": 1}


def test_one_visitor_keeps_a_few_carts_and_a_few_faults_of_each() -> None:
    many = [("fault_met", T0 + i, fault(f"500 /{i}")) for i in range(KEEP_FAULTS + 5)]
    carts = [("fault_met", T0 + 99 + i, fault(cart_id=f"cart-{i:06d}")) for i in range(KEEP_FAULTY_CARTS + 5)]
    state, counts = fold(told(*many, *carts))
    assert len(state.faults) == KEEP_FAULTY_CARTS
    assert {len(faulty.met) for faulty in state.faults.values()} == {KEEP_FAULTS, 1}
    assert of(counts, "faults.carts") == {"faults.carts": KEEP_FAULTY_CARTS}


@pytest.mark.parametrize("seed", range(20))
def test_order_and_copies_change_nothing(seed: int) -> None:
    chance = random.Random(seed)
    again: Step = ("checkout_fields", T0 + 8 * MINUTE, {"fields": [field("zip", "empty")], "last": "zip"})
    elsewhere: Step = ("checkout_fields", T0 + MINUTE, {"fields": [field("zip")], "last": "name"})
    story = told(*WALK, again, elsewhere) + told(
        ("fault_met", T0 + HOUR_MS, fault("404 /api/pay")),
        ("checkout_step_reached", T0 + HOUR_MS, {"step": "review"}),
        ("order_completed", T0 + HOUR_MS + 1, {"order": "1"}),
        sid="j" * 11,
    )
    story.append(("order", T0 + 2 * HOUR_MS, order("1", 4000, T0 + HOUR_MS)))
    state, counts = fold(story)
    mixed = story * 3
    chance.shuffle(mixed)
    shuffled, shuffled_counts = fold(mixed)
    assert shuffled_counts == counts
    pack = msgspec.msgpack.Encoder(order="sorted").encode
    assert pack(shuffled) == pack(state)
