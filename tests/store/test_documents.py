"""Documents that two people change at once: nobody's change is lost."""

from __future__ import annotations

import msgspec
import pytest

from heimta.model.documents import AnyDocument
from heimta.store import documents
from heimta.store.connect import Client
from tests.worker.shop import JOURNEY, SHOP, T0


@pytest.mark.parametrize("is_gone", [False, True], ids=["before its write", "before its read"])
async def test_a_document_that_is_applied_while_it_is_switched_off_keeps_what_was_applied(
    redis: Client, monkeypatch: pytest.MonkeyPatch, is_gone: bool
) -> None:
    await documents.put(redis, SHOP, now=T0)
    await documents.put(redis, JOURNEY, now=T0)
    edited = msgspec.structs.replace(JOURNEY, name="Edited")
    hget, reads = type(redis).hget, 0

    async def meanwhile(self: Client, *args: str) -> bytes | None:
        nonlocal reads
        reads += 1
        if reads == 1 and is_gone:
            await documents.put(redis, edited, now=T0 + 1)
        raw = await hget(self, *args)  # type: ignore[misc]
        if reads == 1 and not is_gone:
            await documents.put(redis, edited, now=T0 + 1)
        return raw

    monkeypatch.setattr(type(redis), "hget", meanwhile)
    version = await documents.set_live(redis, "demo", "journey", JOURNEY.id, False, now=T0 + 2)
    monkeypatch.undo()
    held = await documents.read(redis, "demo")
    assert held is not None
    wanted: AnyDocument = msgspec.structs.replace(edited, live=False)
    assert (held.journeys[JOURNEY.id].document, version) == (wanted, 3)
