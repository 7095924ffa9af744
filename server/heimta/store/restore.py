"""Carts to restore, by the row a signed link names. Forgotten when the link is."""

from __future__ import annotations

import msgspec

from heimta.model.restore import RestoreRow
from heimta.store import keys
from heimta.store.connect import Client

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(RestoreRow).decode


async def keep(redis: Client, shop: str, partition: int, row_id: str, row: RestoreRow) -> None:
    await redis.set(keys.restore(partition, shop, row_id), _encode(row), ex=keys.RESTORE_TTL_S)


async def find(redis: Client, shop: str, partition: int, row_id: str) -> RestoreRow | None:
    """None once the link has expired. row_id comes out of a checked signature."""
    raw = await redis.get(keys.restore(partition, shop, row_id))
    return None if raw is None else _decode(raw)
