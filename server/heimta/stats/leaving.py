"""Was it leaving? What visitors did after each sign of leaving, as the precision of the signs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

from msgspec import Struct

KINDS = ("pointer", "keys", "fling", "return", "back", "idle")
SHOWN = "shown"  # a campaign interrupted: counted apart, since it may have changed their mind
ENOUGH = 20  # fewer signs than this: a share of them would say nothing


class Sign(Struct, frozen=True):
    """One kind of sign, where nothing was shown: how often, and how often they left."""

    kind: str
    told: int
    left: int
    shown: int = 0  # told, and a campaign was shown
    shown_left: int = 0

    @property
    def precision_pct(self) -> float | None:
        return 100 * self.left / self.told if self.told >= ENOUGH else None

    @property
    def shown_pct(self) -> float | None:
        return 100 * self.shown_left / self.shown if self.shown >= ENOUGH else None


class Leaving(Struct, frozen=True):
    """signs: the kinds that were told of. told, left: by tenth of the score, where nothing was shown."""

    signs: list[Sign]
    told: list[int]
    left: list[int]

    @property
    def all(self) -> Sign:
        shown, left = (sum(getattr(sign, name) for sign in self.signs) for name in ("shown", "shown_left"))
        return Sign("", sum(self.told), sum(self.left), shown, left)


def leaving(days: Mapping[date, Counter[str]]) -> Leaving:
    total: Counter[str] = Counter()
    for counts in days.values():
        total.update(counts)

    def of(kind: str, group: str | int) -> tuple[int, int]:
        left, stayed = (total[f"exit.{kind}.{group}.{what}"] for what in ("left", "stayed"))
        return left + stayed, left

    signs, told, left = [], [0] * 10, [0] * 10
    for kind in KINDS:
        tenths = [of(kind, tenth) for tenth in range(10)]
        sign = Sign(kind, sum(n for n, _ in tenths), sum(n for _, n in tenths), *of(kind, SHOWN))
        if sign.told or sign.shown:
            signs.append(sign)
        for tenth, (n, gone) in enumerate(tenths):
            told[tenth] += n
            left[tenth] += gone
    return Leaving(signs, told, left)
