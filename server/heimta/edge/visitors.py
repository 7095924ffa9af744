"""What is known of one visitor: their state, as far as the worker has folded it."""

from __future__ import annotations

from typing import cast

import msgspec

from heimta.edge.deps import Edge
from heimta.model.visitor import VisitorState
from heimta.store import keys

_state = msgspec.msgpack.Decoder(VisitorState)


async def find(edge: Edge, shop: str, visitor: str) -> VisitorState | None:
    """None for one whom nobody knows. Raises RedisError."""
    home = keys.partition_of(shop, visitor, edge.partitions)
    raw = await edge.redis.get(keys.visitor(home, shop, visitor))
    return None if raw is None else _state.decode(cast(bytes, raw))
