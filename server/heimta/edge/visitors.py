"""What is known of one visitor: their state, as far as the worker has folded it."""

from __future__ import annotations

from heimta.edge.deps import Edge
from heimta.model.visitor import VisitorState
from heimta.store import people


async def find(edge: Edge, shop: str, visitor: str) -> VisitorState | None:
    """None for one whom nobody knows. Raises RedisError."""
    return await people.state_of(edge.redis, shop, visitor, edge.partitions)
