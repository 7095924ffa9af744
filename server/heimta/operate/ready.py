"""Whether a process can do its work now, and if not, why: in words, without what only insiders may know.

An edge's /readyz is public. Redis' own message may name hosts and users, so it goes to the log, and the
answer says what kind of trouble it is.
"""

from __future__ import annotations

import orjson
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    ClusterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
)
from redis.exceptions import TimeoutError as RedisTimeout
from starlette.responses import Response

# The first that fits speaks. redis-py has no class for some errors, so their prefix is asked too.
MOODS: tuple[tuple[tuple[type[Exception], ...], tuple[str, ...], str], ...] = (
    ((BusyLoadingError,), ("LOADING",), "the store is reading its data back after a start; wait"),
    ((ReadOnlyError,), ("READONLY",), "the store is a replica and takes no writes; point at its master"),
    ((OutOfMemoryError,), ("OOM",), "the store's memory is full; raise maxmemory or free some"),
    ((), ("MISCONF",), "the store cannot write to its disk and takes no writes; look at the disk"),
    ((), ("NOREPLICAS",), "the store has too few replicas to take writes"),
    (
        (AuthenticationError, AuthorizationError, NoPermissionError),
        # The last is what redis-py makes of NOAUTH while it connects.
        ("NOAUTH", "WRONGPASS", "NOPERM", "HELLO must be called with the client already authenticated"),
        "the store refuses our user or password",
    ),
    ((ClusterDownError,), ("CLUSTERDOWN", "MASTERDOWN"), "a part of the store's cluster is down"),
    ((), ("BUSY",), "the store is held up by a script"),
    # The prefix is what redis-py makes of a timeout while it connects.
    ((RedisTimeout, TimeoutError), ("Timeout",), "the store does not answer in time"),
    ((ConnectionError, OSError), (), "the store cannot be reached"),
)


def in_words(error: BaseException) -> str:
    """What is wrong with the store, for somebody who may not be an insider."""
    said = str(error)
    for kinds, prefixes, words in MOODS:
        if isinstance(error, kinds) or (prefixes and said.startswith(prefixes)):
            return words
    return "the store cannot be reached" if "connect" in said.lower() else "the store answers with an error"


def ready(why_not: str = "", **more: object) -> Response:
    """200, or 503 with the reason. more: what else a reader may know."""
    body = {"ok": not why_not, **({"why": why_not} if why_not else {}), **more}
    status = 503 if why_not else 200
    return Response(orjson.dumps(body), status, {"Cache-Control": "no-store"}, "application/json")
