"""Lua scripts by their hash: one round trip, and the source again only where a server has forgotten it.

EVAL keeps the script on the very server that lacked it, so restarts and the nodes of a cluster need no care.
Nothing was executed when NOSCRIPT came back, so asking again writes nothing twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from redis.exceptions import NoScriptError

from heimta.store.connect import Client

Argument = str | bytes | int | float

# The first line of a script that is done also where memory is full, which others are refused (Redis 7.0).
# Only for what is small and signed: an order or a stop matters most when nothing else can be taken.
FULL = "#!lua flags=allow-oom\n"


class Script:
    """source: Lua that keeps to its KEYS, which share one hash tag."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, redis: Client, keys: Sequence[str], arguments: Sequence[Argument]) -> Any:
        """The script's answer. Raises redis.exceptions.RedisError."""
        try:
            return await redis.evalsha(self._sha, len(keys), *keys, *arguments)
        except NoScriptError:
            return await redis.eval(self._source, len(keys), *keys, *arguments)
