"""The precision of the signs of leaving: by kind and score, and only where nothing was shown."""

from __future__ import annotations

from collections import Counter
from datetime import date

from heimta.stats.leaving import ENOUGH, KINDS, leaving

MONDAY, TUESDAY = date(2025, 11, 17), date(2025, 11, 18)


def test_days_are_summed_by_kind_and_by_tenth_of_the_score():
    found = leaving(
        {
            MONDAY: Counter({"exit.pointer.9.left": 30, "exit.pointer.9.stayed": 5, "visitors": 70}),
            TUESDAY: Counter({"exit.pointer.5.left": 1, "exit.pointer.5.stayed": 4, "exit.fling.9.left": 2}),
        }
    )
    assert [(sign.kind, sign.told, sign.left) for sign in found.signs] == [
        ("pointer", 40, 31),
        ("fling", 2, 2),
    ]
    assert (found.told[5], found.left[5], found.told[9], found.left[9]) == (5, 1, 37, 32)
    assert (found.all.told, found.all.left) == (42, 33)


def test_what_was_interrupted_says_nothing_of_the_sign():
    found = leaving({MONDAY: Counter({"exit.pointer.shown.stayed": 60, "exit.pointer.shown.left": 20})})
    [sign] = found.signs
    assert (sign.told, sign.precision_pct, sign.shown, sign.shown_pct) == (0, None, 80, 25.0)
    assert sum(found.told) == 0


def test_a_share_of_few_is_not_told():
    few = leaving({MONDAY: Counter({"exit.idle.4.left": ENOUGH - 1})})
    assert few.signs[0].precision_pct is None
    enough = leaving({MONDAY: Counter({"exit.idle.4.left": ENOUGH - 5, "exit.idle.4.stayed": 5})})
    assert enough.signs[0].precision_pct == 75.0


def test_no_sign_no_row():
    assert leaving({MONDAY: Counter()}).signs == []
    assert len(KINDS) == len(set(KINDS))
