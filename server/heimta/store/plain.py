"""A client whose pipelines raise what the server said, and nothing before it.

redis-py puts the command in front, up to a hundred characters of it: a secret on its way into the store came
to the terminal and into logs so, and who looks for the server's first word (store/faults.py) did not find it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import redis.asyncio as redis
from redis.asyncio.client import Pipeline


class PlainPipeline(Pipeline):
    def annotate_exception(self, exception: Exception, number: int, command: Iterable[object]) -> None:
        """Leave it as it is."""


class PlainClient(redis.Redis):
    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Any:
        return PlainPipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)
