"""A short, seeded `make deliver`: a real edge 200 ms away, shoppers who leave, a browser that is killed."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import async_playwright

from loadtest.deliver import browsers
from loadtest.deliver.house import house
from loadtest.deliver.killed import killed
from loadtest.deliver.leave import WAYS, leave
from tests.browser.conftest import apart

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_what_happens_at_the_last_moment_is_counted_once(bundles: dict[str, bytes]) -> None:
    apart(leave_in_many_ways())


async def leave_in_many_ways() -> None:
    async with house() as at, async_playwright() as playwright:
        line = await at.line()
        async with await browsers.chromium(playwright) as browser:
            *left, kills = await asyncio.gather(
                *(leave(browser, at, line, "/p", how, 3, hands=3, seed=1) for how in WAYS),
                # `make deliver` kills 100 ms after the event; here a stall must not decide.
                killed(playwright, at, await at.line(), 1, hands=1, is_timed=False),
            )
        assert [(one.arrived, one.missing) for one in left] == [(3, []), (3, [])]
        assert (kills.arrived, kills.missing) == (1, [])
        audit = await at.audit()
        assert (audit.lost, audit.twice, audit.details) == (0, 0, [])
        assert line.methods["OPTIONS"] == 0
