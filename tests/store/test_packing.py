"""Commands packed by hiredis reach the server as redis-py's own would."""

from __future__ import annotations

import pytest
from redis.asyncio.connection import Connection
from redis.exceptions import DataError

from heimta.store.connect import Client, connect

COMMANDS = [
    ("SET", "key", "Reykjavík"),
    ("CONFIG GET", "save"),
    ("SET", "key", b"\xff\x00\r\n", "EX", 60),
    ("ZADD", "key", 1.5, "member", -3),
    ("HINCRBYFLOAT", "key", "sum", 10**24),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_the_bytes_are_those_of_redis_py(command: tuple[str | bytes | int | float, ...]) -> None:
    ours = connect("redis://localhost:1").connection_pool.make_connection()
    assert b"".join(ours.pack_command(*command)) == b"".join(Connection().pack_command(*command))


async def test_what_redis_cannot_hold_is_refused_before_it_is_sent(redis: Client) -> None:
    with pytest.raises(DataError):
        await redis.set("key", None)  # type: ignore[arg-type]
    assert await redis.get("key") is None


async def test_a_large_value_goes_there_and_back(redis: Client) -> None:
    large = bytes(range(256)) * 20_000
    await redis.set("key", large)
    assert await redis.get("key") == large
