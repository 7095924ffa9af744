"""Workers that live share the partitions evenly, and a loop is woken when something comes for it."""

from __future__ import annotations

import asyncio

import pytest

from heimta.store import keys, workers
from heimta.store.connect import Client
from heimta.worker.pulse import CALM_S, Pulse
from heimta.worker.shares import Shares, share_of

LONG_S = 30.0


@pytest.mark.parametrize("partitions", [1, 4, 16, 256])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 17])
def test_the_shares_of_all_workers_are_all_partitions_and_differ_by_one(partitions: int, count: int) -> None:
    living = [f"worker-{number:02d}" for number in range(count)]
    shares = [share_of(token, living, partitions) for token in living]
    assert sum(shares) == partitions
    assert max(shares) - min(shares) <= 1


def test_a_worker_that_nobody_sees_has_no_share() -> None:
    assert share_of("me", ["another"], 16) == 0


async def test_a_worker_takes_up_to_its_share_and_gives_up_what_is_beyond_it(redis: Client) -> None:
    one, two = Shares(redis, "one", 4), Shares(redis, "two", 4)
    assert not one.claim(0)  # not before it knows who lives
    await one.beat()
    assert [one.claim(p) for p in range(4)] == [True] * 4
    await two.beat()
    await one.beat()
    assert (one.share, two.share) == (2, 2)
    assert [one.is_surplus(p) for p in range(4)] == [False, False, True, True]
    one.drop(2)
    one.drop(3)
    assert not one.claim(2)
    assert [two.claim(p) for p in (2, 3, 0)] == [True, True, False]
    await two.leave()
    await one.beat()
    assert one.share == 4 and one.claim(2)


async def test_a_worker_that_keeps_silent_is_not_counted(redis: Client) -> None:
    await workers.beat(redis, "silent")
    assert await workers.beat(redis, "me") == ["me", "silent"]
    # As if its last word were too long ago, by Redis' own clock.
    await redis.zincrby(keys.WORKERS, -keys.WORKER_MS - 1, "silent")
    assert await workers.beat(redis, "me") == ["me"]


async def test_a_loop_is_woken_for_its_own_log_and_no_other(redis: Client) -> None:
    pulse = Pulse(redis)
    pulse.join(1)
    pulse.join(2)
    await pulse.beat()  # the first look at each wakes it
    for partition in (1, 2):
        await pulse.wait(partition, LONG_S)
    await redis.xadd(keys.log(2), {"d": "x"})
    await pulse.beat()
    await pulse.wait(2, LONG_S)  # also when it came before the wait
    other = asyncio.create_task(pulse.wait(1, LONG_S))
    await pulse.beat()
    await asyncio.sleep(0)
    assert not other.done()
    await redis.xadd(keys.log(1), {"d": "x"})
    await pulse.beat()
    await other
    pulse.leave(1)
    await redis.xadd(keys.log(1), {"d": "x"})
    await pulse.beat()


async def test_what_an_owner_wrote_itself_waits_for_more_of_its_kind_and_what_others_say_does_not(
    redis: Client,
) -> None:
    now, own = 0.0, 0
    pulse = Pulse(redis, clock=lambda: now)

    async def is_woken() -> bool:
        await pulse.beat()
        wake = pulse._wakes[1]
        woken = wake.is_set()
        wake.clear()
        return woken

    pulse.join(1, lambda: own)
    assert await is_woken()  # the first look
    own += 2
    assert not await is_woken(), "it is about to come"
    for _ in range(2):
        await redis.xadd(keys.log(1), {"d": "own"})
        assert not await is_woken()
    await redis.xadd(keys.log(1), {"d": "somebody's"})
    assert await is_woken() and not await is_woken()
    own += 1
    await redis.xadd(keys.log(1), {"d": "own"})
    now += CALM_S / 2
    assert not await is_woken()
    now += CALM_S / 2
    assert await is_woken() and not await is_woken()


async def test_a_loop_that_nothing_comes_for_looks_by_itself(redis: Client) -> None:
    pulse = Pulse(redis)
    pulse.join(1)
    await pulse.wait(1, 0.01)
