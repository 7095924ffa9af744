"""The nightly comparison of ad audiences on a cluster, where what is compared may move."""

from __future__ import annotations

import pytest

from heimta.store import audiences
from heimta.store.connect import Client
from heimta.worker.reconcile import Reconciler
from tests.worker.shop import T0
from tests.worker.test_audiences import Town, town

__all__ = ["town"]  # a fixture


@pytest.mark.parametrize("looks", [["a", "b", "b"], ["a", "a", "b", "b"]], ids=["before", "meanwhile"])
async def test_a_comparison_begins_anew_when_slots_have_moved(
    town: Town, monkeypatch: pytest.MonkeyPatch, looks: list[str]
) -> None:
    """Else whoever was met by neither server would be taken out of their ad audiences."""
    told = iter(looks)

    async def layout(redis: Client) -> str:
        return next(told, "b")

    monkeypatch.setattr("heimta.worker.reconcile.layout", layout)
    shop, reconciler = town.shops["demo"].shop, Reconciler(town.redis)
    run: dict[str, str] = {}
    walks = []
    while not walks or walks[-1][0] == "states":
        await reconciler.step(shop, run, now=T0)
        run = await audiences.run(town.redis, "demo")
        walks.append((run["walk"], run["node"], run["cursor"], run["server"].split()[1]))
    assert walks[:2] == [("states", "0", "0", "a"), ("states", "0", "0", "b")]
    assert walks[-1][0] == "table"
