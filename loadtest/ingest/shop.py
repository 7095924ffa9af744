"""The shop that the load is for."""

from __future__ import annotations

import asyncio

from heimta.channels.vapid import make_keys
from heimta.model.documents import ShopDoc
from heimta.store import documents, secrets
from heimta.store.connect import connect
from heimta.store.secrets import Secrets


def install(url: str, shop: str, origin: str) -> None:
    """Make the shop in an empty store."""
    asyncio.run(_install(url, shop, origin))


async def _install(url: str, shop: str, origin: str) -> None:
    redis = connect(url)
    try:
        vapid = make_keys("mailto:bench@example.com")
        kept = Secrets(
            webhook="w" * 43, signing="s" * 43, vapid_private=vapid.private, vapid_public=vapid.public
        )
        await secrets.create(redis, shop, kept)
        document = ShopDoc(id=shop, name="Bench", origins=(origin,), currency="EUR", languages=("en",))
        await documents.put(redis, document, now=1)
    finally:
        await redis.aclose()
