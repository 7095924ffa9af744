"""The time that timers go by: Redis' own clock, the same for every worker.

A worker whose machine has a wrong clock would send before its time, or find every step too late and give it
up. So the machine's clock is only compared with. Between two looks time passes by the monotonic clock, which
nobody can set; a look that took long is thrown away, since the time it brought is stale.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from heimta.store import keys
from heimta.store.connect import Client
from heimta.store.script import Script

LONG_MS = 250  # a look that took longer tells too little
SKEW_MS = 2_000  # worth a word

# A script, not TIME itself, so that a cluster is asked where the key lives, always the same node.
_TIME = Script("return redis.call('TIME')")

log = structlog.get_logger()


def _elapsed_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class StoreClock:
    """now in ms, UTC, by Redis. local: this machine's, good until the first look and to compare with."""

    def __init__(self, redis: Client, local: Callable[[], int]) -> None:
        self._redis = redis
        self._local = local
        self._ahead_ms: int | None = None  # of the monotonic clock
        self.skew_ms = 0  # how far this machine's clock is ahead of Redis'

    def __call__(self) -> int:
        if self._ahead_ms is None:
            return self._local()
        return _elapsed_ms() + self._ahead_ms

    async def look(self) -> None:
        """Ask Redis for the time. Raises redis.exceptions.RedisError."""
        began = _elapsed_ms()
        seconds, micros = await _TIME(self._redis, [keys.WORKERS], [])
        took = _elapsed_ms() - began
        if took > LONG_MS and self._ahead_ms is not None:
            return
        told = int(seconds) * 1000 + int(micros) // 1000
        self._ahead_ms = told - began - took // 2
        self._compare(self._local() - self())

    def _compare(self, skew_ms: int) -> None:
        was_off, is_off = abs(self.skew_ms) > SKEW_MS, abs(skew_ms) > SKEW_MS
        self.skew_ms = skew_ms
        if is_off and not was_off:
            log.warning("this machine's clock is not Redis'; timers go by Redis'", ahead_ms=skew_ms)
