"""Timers go by Redis' clock, whatever this machine's says."""

from __future__ import annotations

import time

from heimta.store.clock import SKEW_MS, StoreClock
from heimta.store.connect import Client

HOUR_MS = 3_600_000
NEAR_MS = 5_000  # two clocks that tell the same time, on a machine that may be slow


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


async def test_time_is_redis_own_when_the_machine_is_an_hour_ahead(redis: Client) -> None:
    clock = StoreClock(redis, lambda: wall_ms() + HOUR_MS)
    assert abs(clock() - wall_ms() - HOUR_MS) < NEAR_MS  # nothing else is known yet
    await clock.look()
    assert abs(clock() - wall_ms()) < NEAR_MS
    assert abs(clock.skew_ms - HOUR_MS) < NEAR_MS


async def test_a_jump_between_two_looks_moves_nothing(redis: Client) -> None:
    jump = [0]
    clock = StoreClock(redis, lambda: wall_ms() + jump[0])
    await clock.look()
    assert abs(clock.skew_ms) < NEAR_MS
    for jump[0] in (HOUR_MS, -HOUR_MS, 24 * HOUR_MS):
        assert abs(clock() - wall_ms()) < NEAR_MS
        await clock.look()
        assert abs(clock() - wall_ms()) < NEAR_MS
        assert abs(clock.skew_ms) > SKEW_MS


async def test_it_never_goes_back_by_more_than_a_look_can_be_wrong(redis: Client) -> None:
    clock = StoreClock(redis, wall_ms)
    await clock.look()
    last = clock()
    for _ in range(20):
        await clock.look()
        assert clock() >= last - 300
        last = clock()
