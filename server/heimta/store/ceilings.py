"""How many messages of a channel a shop has sent within a day, so that it sends no more than it wants to.

All of a shop's workers take from one row, in one script: of two that ask for the last place at once, one
gets it. A message takes a place by its name, so one that is asked about again has its own; what did not leave
after all gives it back. What was lost on the way there keeps it: others wait for it, and nobody gets through.
The day slides, so that no 24 hours, wherever they begin, hold more. Beside it stands how many each UTC day
had, which says what is usual.
"""

from __future__ import annotations

from typing import Any, cast

from heimta.model.documents import ShopDoc
from heimta.model.volume import LIMITED, Limited, Volume, ceiling_of
from heimta.store import keys
from heimta.store.connect import Client
from heimta.store.script import Script

DAY_MS = 24 * 3_600_000
# What is usual is asked of the days before these, which the last 24 hours have a part in.
LATELY_DAYS = 2
USUAL_DAYS = 14

_COUNT = """
local function count(at, by)
  local day = math.floor(tonumber(at) / DAY)
  local held = redis.call('HINCRBY', KEYS[2], day, by)
  if held <= 0 then redis.call('HDEL', KEYS[2], day) end
  if by < 1 or held > by then return end
  for _, other in ipairs(redis.call('HKEYS', KEYS[2])) do
    if tonumber(other) <= day - DAYS then redis.call('HDEL', KEYS[2], other) end
  end
end
"""


def _script(source: str) -> Script:
    days = str(LATELY_DAYS + USUAL_DAYS)
    return Script((_COUNT + source).replace("DAYS", days).replace("DAY", str(DAY_MS)))


# KEYS places, by day · ARGV message, now, most, 1 for one that no ceiling holds (it takes a place all the
# same). Answers 0, or when there is room again, ms.
_TAKE = _script("""
local now, most = tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - DAY))
local had, taken = redis.call('ZSCORE', KEYS[1], ARGV[1]), redis.call('ZCARD', KEYS[1])
if taken >= most and ARGV[4] == '0' and not had then
  local first = redis.call('ZRANGE', KEYS[1], taken - most, taken - most, 'WITHSCORES')
  return tonumber(first[2]) + DAY
end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], 2 * DAY)
if had then count(had, -1) end
count(ARGV[2], 1)
redis.call('PEXPIRE', KEYS[2], DAYS * DAY)
return 0
""")
# KEYS places, by day · ARGV message
_GIVE_BACK = _script("""
local had = redis.call('ZSCORE', KEYS[1], ARGV[1])
if had then
  redis.call('ZREM', KEYS[1], ARGV[1])
  count(had, -1)
end
""")


def _keys(shop: str, channel: Limited) -> list[str]:
    return [keys.sent_lately(shop, channel), keys.sent_by_day(shop, channel)]


async def take(
    redis: Client, shop: str, channel: Limited, message: str, *, most: int, insists: bool, now: int
) -> int:
    """0 when the message may go, and has its place; else when there is room again, ms. Raises RedisError."""
    return int(await _TAKE(redis, _keys(shop, channel), [message, now, most, int(insists)]))


async def give_back(redis: Client, shop: str, channel: Limited, message: str) -> None:
    """Raises RedisError."""
    await _GIVE_BACK(redis, _keys(shop, channel), [message])


async def taken(redis: Client, shop: str, channel: Limited, *, now: int) -> int:
    """How many places are taken. Raises RedisError."""
    return int(await redis.zcount(keys.sent_lately(shop, channel), f"({now - DAY_MS}", "+inf"))


async def volumes(redis: Client, shop: ShopDoc, *, now: int) -> list[Volume]:
    """Of the channels that the shop has and that have a ceiling. Raises RedisError."""
    found = []
    for channel in LIMITED:
        most = ceiling_of(shop, channel)
        if most:
            count = await taken(redis, shop.id, channel, now=now)
            by_day = cast("dict[bytes, bytes]", await redis.hgetall(keys.sent_by_day(shop.id, channel)))
            found.append(Volume(shop.id, channel, count, most, _usual(by_day, now)))
    return found


def _usual(by_day: dict[Any, Any], now: int) -> float:
    """On an average day since the first that is known; those on which nothing was sent count as such."""
    today = now // DAY_MS
    counts = {int(day): int(count) for day, count in by_day.items()}
    earlier = {day: n for day, n in counts.items() if LATELY_DAYS <= today - day < LATELY_DAYS + USUAL_DAYS}
    return sum(earlier.values()) / (today - LATELY_DAYS + 1 - min(earlier)) if earlier else 0
