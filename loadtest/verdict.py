"""The last lines of every proof: `PASS|FAIL <name> <figure> (bar <bar>)`, and the exit code to match."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct


class Verdict(Struct, frozen=True):
    """One figure held against its bar. bar reads as the issue states it, for example `>= 0.80`."""

    name: str
    figure: float
    sense: Literal[">=", "<="]
    bar: float
    unit: str = ""

    @property
    def passed(self) -> bool:
        return self.figure >= self.bar if self.sense == ">=" else self.figure <= self.bar

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        word = "PASS" if self.passed else "FAIL"
        return f"{word} {self.name} {_plain(self.figure)}{unit} (bar {self.sense} {_plain(self.bar)}{unit})"


def conclude(verdicts: Sequence[Verdict]) -> int:
    """Print them all. Returns the exit code: 0 only if there are some and every one passed."""
    for verdict in verdicts:
        print(verdict, flush=True)
    return 0 if verdicts and all(verdict.passed for verdict in verdicts) else 1


def _plain(number: float) -> str:
    if number == int(number):
        return f"{int(number):,}"
    return f"{number:,.1f}" if abs(number) >= 100 else f"{number:.4g}"
