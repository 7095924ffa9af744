"""The most telling faults, a few seconds each, one seed. In full: `make chaos`, docs/reliability.md."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from loadtest.chaos import kills, poison, stalls
from loadtest.chaos.report import verdicts
from loadtest.chaos.world import Outcome, World

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="package")]


@pytest.mark.parametrize(
    "scenario",
    [kills.c1, kills.c2, stalls.c3, stalls.c4, stalls.c7, poison.c15, kills.c16_of_each],
    ids=lambda scenario: scenario.__name__,
)
async def test_nothing_acknowledged_is_lost_or_counted_twice(
    broken: World, scenario: Callable[[World], Awaitable[Outcome]]
) -> None:
    outcome = await scenario(broken)
    assert outcome.found.acked > 500
    missed = [str(verdict) for verdict in verdicts([outcome], is_whole=False) if not verdict.passed]
    assert not missed, "\n".join([*missed, *outcome.broken, *outcome.found.details])
