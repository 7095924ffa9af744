"""The number of partitions: fixed at first start, since a visitor's home follows from it."""

from __future__ import annotations

from heimta.store import keys
from heimta.store.connect import Client, text


class PartitionsChanged(Exception):
    """The setting disagrees with the store. The message is for the operator."""


class HalfRestored(Exception):
    """The store is not whole. The message is for the operator."""


async def kept(redis: Client) -> int:
    """The number; 0 before the first start."""
    return int(text(await redis.get(keys.PARTITIONS) or b"0"))


async def settle(redis: Client, wanted: int) -> None:
    """Keep the number if there is none yet, else compare. Raises PartitionsChanged, or HalfRestored.

    Writes only what is not there yet: a store that is full, or takes no writes, is asked all the same.
    """
    if await redis.exists(keys.RESTORING):
        raise HalfRestored(
            "a backup is being read into this store, or was and did not come to its end; wait, or run "
            "`heimta restore --force FILE` again"
        )
    number = await kept(redis)
    if not number:
        await redis.set(keys.PARTITIONS, wanted, nx=True)
        number = await kept(redis)
    if number != wanted:
        raise PartitionsChanged(
            f"HEIMTA_PARTITIONS is {wanted}, but this store was started with {number}; set it to {number}, "
            "or start with an empty store"
        )
