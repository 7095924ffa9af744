"""How many SMS a shop has sent within a day, so that it sends no more than it wants to pay for.

All of a shop's workers take from one row, in one script: of two that ask for the last place at once, one
gets it. A message takes a place by its name, so one that is asked about again has its own; what did not leave
after all gives it back. What was lost on the way there keeps it: others wait for it, and nobody gets through.
The day slides, so that no 24 hours, wherever they begin, hold more.
"""

from __future__ import annotations

from heimta.store import keys
from heimta.store.connect import Client
from heimta.store.script import Script

DAY_MS = 24 * 3_600_000

# KEYS places · ARGV message, now, most, 1 for one that no ceiling holds (it takes a place all the same).
# Answers 0, or when there is room again, ms.
_TAKE = Script(
    """
local now, most = tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - DAY))
local count = redis.call('ZCARD', KEYS[1])
if count >= most and ARGV[4] == '0' and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  local first = redis.call('ZRANGE', KEYS[1], count - most, count - most, 'WITHSCORES')
  return tonumber(first[2]) + DAY
end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], 2 * DAY)
return 0
""".replace("DAY", str(DAY_MS))
)


async def take(redis: Client, shop: str, message: str, *, most: int, insists: bool, now: int) -> int:
    """0 when the message may go, and has its place; else when there is room again, ms. Raises RedisError."""
    return int(await _TAKE(redis, [keys.sms_sent(shop)], [message, now, most, int(insists)]))


async def give_back(redis: Client, shop: str, message: str) -> None:
    """Raises RedisError."""
    await redis.zrem(keys.sms_sent(shop), message)


async def taken(redis: Client, shop: str, *, now: int) -> int:
    """How many places are taken. Raises RedisError."""
    return int(await redis.zcount(keys.sms_sent(shop), f"({now - DAY_MS}", "+inf"))
