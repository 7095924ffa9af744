"""The words of a condition: a glob means what it means in the browser, and costs no more than it should."""

from __future__ import annotations

from fnmatch import fnmatchcase
from timeit import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heimta.journeys.conditions import _matches


@pytest.mark.parametrize(
    ("glob", "name", "fits"),
    [
        ("hat", "HAT", True),
        ("hat", "hats", False),
        ("*", "", True),
        ("hat-*", "hat-", True),
        ("*-m", "hat-m-m", True),
        ("h*t*m", "hat\nm", True),
        ("*a*a", "a", False),
        ("a.c", "abc", False),
    ],
)
def test_a_star_is_any_run_of_letters(glob: str, name: str, fits: bool) -> None:
    assert _matches((glob,), (name,)) is fits


@given(st.text("ab*", max_size=8), st.text("ab", max_size=8))
def test_globs_are_matched_as_elsewhere(glob: str, name: str) -> None:
    assert _matches((glob,), (name,)) is fnmatchcase(name, glob)


def test_many_stars_cost_little_more_than_one() -> None:
    def matched_s(glob: str) -> float:
        return min(repeat(lambda: _matches((glob,), ("a" * 60,)), number=1, repeat=3))

    for stars in (6, 60):  # the first ends also where this fails
        assert matched_s("*a" * stars + "*b") <= 200 * matched_s("*b")
