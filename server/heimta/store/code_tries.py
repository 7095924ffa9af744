"""How often somebody asked for a code, or guessed at one, within some minutes."""

from __future__ import annotations

from heimta.store import keys
from heimta.store.connect import Client
from heimta.store.script import Script

# KEYS count · ARGV most, window ms. Answers 0 when one more is in order, else ms until the window ends.
_COUNT = Script("""
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
if count <= tonumber(ARGV[1]) then return 0 end
return math.max(1, redis.call('PTTL', KEYS[1]))
""")
# The same without counting.
_LOOK = Script("""
if tonumber(redis.call('GET', KEYS[1]) or 0) < tonumber(ARGV[1]) then return 0 end
return math.max(1, redis.call('PTTL', KEYS[1]))
""")


async def count(redis: Client, shop: str, who: str, partitions: int, *, most: int, window_ms: int) -> int:
    """Count one. 0 when it is in order, else how many ms whoever it is has to wait."""
    key = keys.code_tries(keys.partition_of(shop, who, partitions), shop, who)
    return int(await _COUNT(redis, [key], [most, window_ms]))


async def spent(redis: Client, shop: str, who: str, partitions: int, *, most: int) -> int:
    """0 when one more would be in order, else how many ms to wait."""
    key = keys.code_tries(keys.partition_of(shop, who, partitions), shop, who)
    return int(await _LOOK(redis, [key], [most]))
