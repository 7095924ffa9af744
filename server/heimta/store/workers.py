"""Which workers live, and which edges: each says so every second, and learns of the others like it.

The clock is Redis' own, so that workers whose clocks differ agree on who is alive.
"""

from __future__ import annotations

from heimta.store import keys
from heimta.store.connect import Client, text
from heimta.store.script import Script

# KEYS workers · ARGV token, for how many ms a word counts · answers the tokens of all that live
_BEAT = Script("""
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
return redis.call('ZRANGE', KEYS[1], 0, -1)
""")

_TIME = Script("return redis.call('TIME')")


async def beat(redis: Client, token: str, *, among: str = keys.WORKERS) -> list[str]:
    """Say that this process lives. Returns the tokens of all like it that do, sorted."""
    return sorted(text(raw) for raw in await _BEAT(redis, [among], [token, keys.WORKER_MS]))


async def leave(redis: Client, token: str, *, among: str = keys.WORKERS) -> None:
    """Say goodbye, so that the others need not wait."""
    await redis.zrem(among, token)


async def living(redis: Client, *, among: str = keys.WORKERS) -> int:
    """How many said within the last seconds that they live."""
    seconds, _ = await _TIME(redis, [among], [])
    return int(await redis.zcount(among, int(seconds) * 1000 - keys.WORKER_MS, "+inf"))
