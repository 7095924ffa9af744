"""What a provider told us once: names of its notes that are known, where it signs no time.

Looked at before and kept after a note is in the log: a crash between takes it twice, never not at all.
"""

from __future__ import annotations

from heimta.store import keys
from heimta.store.connect import Client
from heimta.store.script import FULL, Script

_KEEP = Script(FULL + "redis.call('SET', KEYS[1], '', 'EX', ARGV[1])")  # KEYS name · ARGV seconds


async def is_known(redis: Client, shop: str, name: str, partitions: int) -> bool:
    return bool(await redis.exists(_key(shop, name, partitions)))


async def keep(redis: Client, shop: str, name: str, partitions: int) -> None:
    await _KEEP(redis, [_key(shop, name, partitions)], [keys.TOLD_TTL_S])


def _key(shop: str, name: str, partitions: int) -> str:
    digest = keys.digest(f"told\n{shop}\n{name}")
    return keys.told(keys.partition_of(shop, digest, partitions), shop, digest)
