"""Which workers live: each says so every second, and learns of the others in the same breath.

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


async def beat(redis: Client, token: str) -> list[str]:
    """Say that this worker lives. Returns the tokens of all that do, sorted."""
    return sorted(text(raw) for raw in await _BEAT(redis, [keys.WORKERS], [token, keys.WORKER_MS]))


async def leave(redis: Client, token: str) -> None:
    """Say goodbye, so that the others need not wait."""
    await redis.zrem(keys.WORKERS, token)
