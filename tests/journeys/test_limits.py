"""No limit is broken: made-up persons, limits, timezones and nights, with workers side by side.

A sample of `make limits`; loadtest/limits.py says what a story is and counts by itself.
"""

from __future__ import annotations

from random import Random

import pytest

from loadtest import limits


@pytest.mark.parametrize("seed", range(8))
async def test_caps_spacing_and_quiet_hours_hold_with_workers_side_by_side(store_url: str, seed: int) -> None:
    story = await limits.run(store_url, Random(seed))
    assert story.broken == []
    assert story.sent, "a story in which nothing is sent shows nothing"


async def test_the_stories_hold_messages_back(store_url: str) -> None:
    stories = [await limits.run(store_url, Random(seed), workers=2) for seed in (20, 21, 22)]
    assert sum(story.deferred for story in stories) > 10
