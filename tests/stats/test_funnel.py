"""The funnel's numbers: nothing negative, nothing divided by nothing, and a list of faults that ends."""

from __future__ import annotations

from collections import Counter
from datetime import date

from heimta.stats.funnel import SHOWN_FAULTS, Funnel, funnel

DAY = date(2025, 11, 21)


def made(**days: Counter[str]) -> Funnel:
    counts = {date(2025, 11, int(name[1:])): counter for name, counter in days.items()}
    return funnel(counts or {DAY: Counter()}, currency="EUR")


def test_a_shop_without_visits_has_four_empty_steps_and_nothing_to_divide() -> None:
    none = made()
    assert [(step.name, step.sessions, step.lost_pct) for step in none.steps] == [
        ("product", 0, None),
        ("cart", 0, None),
        ("checkout", 0, None),
        ("order", 0, None),
    ]
    assert none.fields == [] and none.faults == [] and none.lost_money == {"EUR": 0}


def test_days_add_up_and_a_step_that_nobody_was_seen_at_is_left_out() -> None:
    one = Counter({"sessions": 8, "funnel.product": 4, "funnel.cart": 3, "funnel.checkout": 2})
    steps = ("product", "cart", "checkout", "address", "shipping", "payment")
    two = Counter({"sessions": 2, "step.payment": 1, **{f"funnel.{step}": 1 for step in steps}})
    both = made(d21=one, d20=two)
    assert both.sessions == 10
    assert [(step.name, step.sessions, step.lost) for step in both.steps] == [
        ("product", 5, 5),
        ("cart", 4, 1),
        ("checkout", 3, 1),
        ("payment", 1, 2),
        ("order", 0, 1),
    ]


def test_the_faults_of_most_carts_come_first_and_the_rest_is_one_line() -> None:
    counts = Counter({f"fault.times.network 500 /{n}": 2 for n in range(SHOWN_FAULTS + 4)})
    counts |= Counter({f"fault.carts.network 500 /{n}": n for n in range(SHOWN_FAULTS + 4)})
    counts["fault.times.other"] = 7
    faults = made(d21=counts).faults
    assert len(faults) == SHOWN_FAULTS + 1
    assert (faults[0].what, faults[0].carts) == (f"500 /{SHOWN_FAULTS + 3}", SHOWN_FAULTS + 3)
    assert (faults[-1].kind, faults[-1].what, faults[-1].times, faults[-1].carts) == ("other", "", 15, 6)


def test_a_field_is_told_by_the_share_that_stopped_in_it() -> None:
    counts = Counter(
        {"field.zip.entered": 4, "field.zip.stopped": 1, "field.zip.wrong": 2, "field.zip.ms": 9_000}
    )
    [field] = made(d21=counts | Counter({"field.cvc.stopped": 1})).fields
    assert (field.kind, field.stopped_pct, field.wrong_pct, field.seconds) == ("zip", 25, 50, 2.25)
