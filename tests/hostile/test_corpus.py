"""Every hostile body at every public route: refused or dropped with a reason, at once, and never poison."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from heimta.store.keys import partition_of
from tests.edge.conftest import Asker
from tests.hostile import good
from tests.hostile.corpus import EXTRA, VALUES, WHOLE
from tests.hostile.replay import PARTITIONS, ROUTES, ask, fold_everything, with_each_value, with_extra
from tests.worker.shop import T0

FOUND = Path(__file__).parent / "found"  # what a fuzz run failed on, one body a file: <route>-<hash>.bin
GOOD: dict[str, dict[str, Any]] = {
    "batch": good.batch(T0),
    "claim": good.claim(),
    "push": good.push(),
    "preferences": good.preferences(),
    "order": good.order(T0),
}
# What an honest client may do too: an order that cannot be had, a code that is used up.
REFUSALS = {400, 409, 413}


@pytest.mark.parametrize("route", ROUTES)
async def test_a_body_that_says_nothing_is_refused(edge: Asker, route: str) -> None:
    for name, body in WHOLE.items():
        assert await ask(edge, route, body) in REFUSALS, name


@pytest.mark.parametrize("route", ROUTES)
async def test_no_value_in_any_place_breaks_the_door_or_the_worker(edge: Asker, route: str) -> None:
    assert await ask(edge, route, good.packed(GOOD[route])) == 200
    taken = asked = 1
    for name, raw in VALUES.items():
        for body in with_each_value(GOOD[route], raw):
            status = await ask(edge, route, body)
            assert status in REFUSALS | {200}, (name, body)
            asked, taken = asked + 1, taken + (status == 200)
    assert 0 < taken < asked
    assert await fold_everything(edge) <= taken


@pytest.mark.parametrize("route", ROUTES)
async def test_unknown_keys_are_passed_over_whatever_they_hold(edge: Asker, route: str) -> None:
    statuses = set()
    for name, raw in EXTRA.items():
        for body in with_extra(GOOD[route], raw):
            status = await ask(edge, route, body)
            assert status in REFUSALS | {200}, (name, body)
            statuses.add(status)
    assert 200 in statuses and 400 in statuses
    await fold_everything(edge)


async def test_what_a_fuzz_run_failed_on_stays_mended(edge: Asker) -> None:
    for file in sorted(FOUND.glob("*.bin")):
        status = await ask(edge, file.name.partition("-")[0], file.read_bytes())
        assert status in REFUSALS | {200}, file.name
    await fold_everything(edge)


async def test_a_thousand_carts_of_the_largest_sum_are_counted(edge: Asker) -> None:
    """A sum is bounded in its currency's own units: counters of one partition and hour hold up to 2**63."""
    named = (f"{number:022}" for number in range(8000))
    at_home = [vid for vid in named if partition_of("demo", vid, PARTITIONS) == 0][:1000]
    for number, vid in enumerate(at_home):
        told = good.batch(T0, vid=vid)
        cart = {"id": f"{number:011}", "currency": "CLF", "exponent": 0, "total_minor": 10**12}
        line = {"sku": "a", "name": "a", "qty": 1, "unit_minor": 10**12}
        told["ev"] = [
            {"n": 0, "t": "cart_updated", "at": T0, "u": "/", "p": {"cart": {**cart, "lines": [line]}}}
        ]
        assert await ask(edge, "batch", good.packed(told)) == 200
    assert await fold_everything(edge) == 1000
