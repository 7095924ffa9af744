"""Which slot of a cluster a command belongs to. Pure; the topology knows who serves the slot.

A cluster has 16,384 slots, and a key's slot is the CRC16 of what stands in its first braces. So all keys
of one partition (`{p07}:…`) are in one slot: sixteen partitions are sixteen slots, whatever the data.

Source: the cluster specification, https://valkey.io/topics/cluster-spec/
"""

from __future__ import annotations

from collections.abc import Sequence

from redis.crc import REDIS_CLUSTER_HASH_SLOTS as SLOTS
from redis.crc import key_slot

__all__ = ["SLOTS", "key_of", "slot_of"]

# Commands whose first key is not their first argument. XREAD is not among them: nothing here blocks.
_SCRIPTS = {"EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"}
# Commands that name no key. What they mean on a cluster is decided in store/cluster.py.
_KEYLESS = {"PING", "INFO", "TIME", "KEYS", "SCAN", "DBSIZE", "WAIT", "WAITAOF", "LASTSAVE", "BGSAVE"} | {
    "BGREWRITEAOF",
    "FLUSHALL",
    "FLUSHDB",
    "ROLE",
    "SAVE",
    "SLOWLOG",
}
_KEYLESS_GROUPS = {"ACL", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "FUNCTION", "LATENCY", "SCRIPT", "MODULE"}


def slot_of(key: bytes | str) -> int:
    """The slot of a key, 0 to SLOTS - 1."""
    return key_slot(key if isinstance(key, bytes) else key.encode())


def key_of(args: Sequence[object]) -> bytes | str | None:
    """The first key a command names; None for a command without one.

    args: as redis-py hands them down: ("HGET", key, field), ("EVALSHA", sha, 2, key, key, …). A command whose
    keys lie in several slots is the server's to refuse: it answers CROSSSLOT.
    """
    name = str(args[0]).upper()
    if name in _KEYLESS or name.partition(" ")[0] in _KEYLESS_GROUPS:
        return None
    where = 3 if name in _SCRIPTS else 1
    if len(args) <= where or (where == 3 and not int(str(args[2]))):
        return None
    key = args[where]
    return key if isinstance(key, bytes | str) else str(key)
