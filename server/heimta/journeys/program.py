"""A journey's steps in a row, with where each one leads. Pure.

A shopper's place is a number in this row, so the row of a version must never change: steps come in the order
in which they stand in the document, those of `then` behind their branch, those of `else` behind them.
"""

from __future__ import annotations

from typing import NamedTuple

from heimta.model.journey import Branch, Journey, Step, WaitFor


class Op(NamedTuple):
    """then: the place that follows, if the step's condition holds. otherwise: if it does not."""

    step: Step
    then: int
    otherwise: int


def row_of(journey: Journey) -> list[Op]:
    row: list[Op] = []
    _lay(journey.steps, row, _size(journey.steps))
    return row


def _lay(steps: tuple[Step, ...], row: list[Op], end: int) -> None:
    """end: where what follows these steps stands."""
    for number, step in enumerate(steps):
        place = len(row)
        after = end if number == len(steps) - 1 else place + _size((step,))
        if not isinstance(step, Branch | WaitFor):
            row.append(Op(step, after, after))
            continue
        first = place + 1
        second = first + _size(step.then)
        row.append(Op(step, first if step.then else after, second if step.otherwise else after))
        _lay(step.then, row, after)
        _lay(step.otherwise, row, after)


def _size(steps: tuple[Step, ...]) -> int:
    inside = (s for s in steps if isinstance(s, Branch | WaitFor))
    return len(steps) + sum(_size(s.then) + _size(s.otherwise) for s in inside)
