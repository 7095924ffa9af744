"""Which errors of Redis mean "away, come again", and which mean that we have a bug.

A server that is loading, full, read-only or being moved gets well again: whoever waits does right. A command
that it does not understand is answered the same way for ever: whoever waits for that hides the bug. Sources:
Redis' error prefixes (redis/src/server.c, createSharedObjects) and redis-py's classes for some of them.
"""

from __future__ import annotations

from redis.exceptions import (
    AskError,
    AuthenticationError,
    ClusterDownError,
    DataError,
    MasterDownError,
    MovedError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)

_PASSING = (
    AskError,
    AuthenticationError,  # somebody changes the password: said in the log until it is mended
    ClusterDownError,
    MasterDownError,
    MovedError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    TryAgainError,
)
# The same moods where redis-py has no class for them, or where they come out of a script.
_PREFIXES = ("MISCONF", "BUSY", "NOREPLICAS", "LOADING", "OOM", "READONLY", "NOAUTH", "NOPERM", "CLUSTERDOWN")


def is_away(error: BaseException) -> bool:
    """Whether waiting helps: the connection is lost, or the server cannot now. False: a bug, perhaps ours."""
    if isinstance(error, ResponseError):
        return isinstance(error, _PASSING) or str(error).startswith(_PREFIXES)
    return isinstance(error, RedisError | OSError) and not isinstance(error, DataError)
