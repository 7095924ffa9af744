"""The sums of many campaigns, read in parts, are those of each."""

from __future__ import annotations

import pytest

from heimta.store import rollups
from heimta.store.connect import Client
from tests.console.seed import PARTITIONS, sums


@pytest.mark.parametrize("read", [1, PARTITIONS, 3 * PARTITIONS, 1024])
async def test_each_has_its_own_sums_in_whatever_parts_they_are_read(
    redis: Client, monkeypatch: pytest.MonkeyPatch, read: int
) -> None:
    monkeypatch.setattr(rollups, "READ", read)
    names = [f"c{number}" for number in range(7)]
    for number, name in enumerate(names[:-1]):
        for partition in range(PARTITIONS):
            await sums(redis, name, {"a": (number + 1, 0, 0)}, partition=partition)
    found = await rollups.all_arm_sums(redis, "demo", names, PARTITIONS)
    assert list(found) == names and found["c6"] == {}
    assert [found[name]["a"]["n"] for name in names[:-1]] == [PARTITIONS * n for n in range(1, 7)]
    assert await rollups.arm_sums(redis, "demo", "c3", PARTITIONS) == found["c3"]
