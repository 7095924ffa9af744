"""A shop whose documents an edge cannot make anything of keeps no other shop from its own."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from heimta.edge import shops
from heimta.store import documents, secrets
from heimta.store.secrets import Secrets
from tests.edge.conftest import Asker
from tests.worker.shop import SHOP, T0


async def test_a_bug_that_one_shops_documents_find_leaves_the_others_served(
    edge: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = shops.compile_config

    def compile_config(shop: documents.ShopDoc, *args: object, **more: object) -> object:
        if shop.id == "demo":
            raise OverflowError("date value out of range")
        return compiled(shop, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(shops, "compile_config", compile_config)
    known = edge.shops.get("demo")
    await documents.put(edge.redis, replace(SHOP, name="Another name"), now=T0)
    await documents.put(edge.redis, replace(SHOP, id="later"), now=T0)
    await secrets.create(edge.redis, "later", Secrets("w", "s", "p", "v"))
    await edge.shops.refresh()
    assert edge.shops.get("later") is not None
    assert edge.shops.get("demo") is known
