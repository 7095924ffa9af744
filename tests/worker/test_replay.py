"""A short `python -m loadtest.replay`: through the real store, copies and shuffles lead to the same bytes."""

from __future__ import annotations

import pytest

from loadtest.replay import differences, prove


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_thousand_events_told_in_order_and_anyhow_lead_to_the_same_store(
    store_url: str, seed: int
) -> None:
    verdicts = await prove(store_url, seed=seed, events=1000)
    assert [str(verdict) for verdict in verdicts if not verdict.passed] == []


def test_a_difference_is_found_on_either_side() -> None:
    assert set(differences({"a": 1, "b": 2}, {"b": 3, "c": 4})) == {"a", "b", "c"}
