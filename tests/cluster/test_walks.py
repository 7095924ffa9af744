"""Walks over keys while a slot goes from one server to another: none believes that it has seen all."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from heimta.store import keys, snapshot
from heimta.store.connect import Client, layout
from heimta.store.slots import slot_of
from loadtest.cluster.local import Cluster
from loadtest.cluster.moves import move_key_by_key


async def test_a_backup_of_a_partition_that_moves_meanwhile_is_none(
    clustered: Client, nodes: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        await clustered.set(keys.visitor(7, "demo", f"v{number}"), "x")
    before, copy = await layout(clustered), snapshot._copy
    has_moved = False

    async def moves(*args: Any) -> None:
        nonlocal has_moved
        if not has_moved:
            await asyncio.to_thread(move_key_by_key, nodes, slot_of(keys.tag(7)))
            has_moved = True
        await copy(*args)

    monkeypatch.setattr(snapshot, "_copy", moves)
    with pytest.raises(snapshot.Busy, match="moved"):
        await snapshot.partition(clustered, 7)
    assert await layout(clustered) != before
    assert len(await snapshot.partition(clustered, 7)) == 20
