"""Who owns how many partitions: the workers that live share them evenly.

Each works out its own share from the same list, so nobody hands them out: with 16 partitions and three
workers 6, 5 and 5. A worker takes free partitions up to its share and gives up what is beyond it, so one that
joins finds its part free within moments, and what a dead one owned goes to the others when its leases end.
"""

from __future__ import annotations

from heimta.store import workers
from heimta.store.connect import Client


def share_of(token: str, living: list[str], partitions: int) -> int:
    """How many partitions are this worker's. living: the same sorted list for all of them."""
    if token not in living:
        return 0
    each, left = divmod(partitions, len(living))
    return each + (living.index(token) < left)


class Shares:
    """This worker's part. token: its name among the workers, also of its life before."""

    def __init__(self, redis: Client, token: str, partitions: int) -> None:
        self._redis = redis
        self._token = token
        self._partitions = partitions
        self._claimed: set[int] = set()
        self.share = 0

    async def beat(self) -> None:
        """Say that we live, and see who else does. Raises redis.exceptions.RedisError."""
        living = await workers.beat(self._redis, self._token)
        self.share = share_of(self._token, living, self._partitions)

    async def leave(self) -> None:
        """Let the others have our share. Raises redis.exceptions.RedisError."""
        self.share = 0
        await workers.leave(self._redis, self._token)

    def claim(self, partition: int) -> bool:
        """Whether to try for this partition now; a try that fails is dropped again."""
        if len(self._claimed) >= self.share:
            return False
        self._claimed.add(partition)
        return True

    def drop(self, partition: int) -> None:
        self._claimed.discard(partition)

    def is_surplus(self, partition: int) -> bool:
        """Whether somebody else should own this partition: ours are more than our share."""
        return partition in sorted(self._claimed)[self.share :]
