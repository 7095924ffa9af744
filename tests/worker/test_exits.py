"""What followed a sign of leaving is counted by kind and tenth of the score, each once, in any order."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from heimta.model.event import ExitKind
from heimta.stats.leaving import KINDS
from tests.worker.shop import T0, batch
from tests.worker.test_fold import fold, hours, totals


def followed(**more: Any) -> dict[str, Any]:
    return {"kind": "pointer", "score": 0.93, "left": True, "after_ms": 700, **more}


@pytest.mark.parametrize(
    ("props", "metric"),
    [
        (followed(), "exit.pointer.9.left"),
        (followed(score=1), "exit.pointer.9.left"),
        (followed(score=0.5, left=False), "exit.pointer.5.stayed"),
        (followed(score=0, kind="idle"), "exit.idle.0.left"),
        (followed(shown=True, left=False), "exit.pointer.shown.stayed"),
    ],
)
def test_an_outcome_has_one_counter(props: dict[str, Any], metric: str) -> None:
    _, effects = fold([("batch", T0, batch(("exit_followed", T0, props)))])
    assert {name: n for name, n in totals(effects).items() if name.startswith("exit.")} == {metric: 1}


def test_copies_and_order_do_not_matter() -> None:
    parts = [
        (
            "batch",
            T0 + 5,
            batch(("exit_intended", T0, {"device": "pointer", "score": 0.9, "kind": "pointer"})),
        ),
        ("batch", T0 + 5, batch(("exit_followed", T0 + 3_600_000, followed()), first=1, sent=T0 + 3_600_000)),
        ("batch", T0 + 5, batch(("exit_followed", T0 + 9, followed(left=False)), first=2)),
    ]
    state, effects = fold(parts)
    again, others = fold([*reversed(parts), *parts])
    assert again == state
    assert hours(others) == hours(effects)


def test_the_console_knows_every_kind() -> None:
    assert set(KINDS) == set(get_args(ExitKind))
