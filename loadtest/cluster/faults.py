"""What is done to the cluster under load: slots moved, a master lost, a worker lost, everything stopped."""

from __future__ import annotations

import asyncio
import time

from redis.exceptions import RedisError

from heimta.store import keys
from heimta.store.connect import Client
from heimta.store.slots import slot_of
from loadtest.cluster.moves import move_key_by_key, move_whole
from loadtest.cluster.world import PARTITIONS, Shown, World, owned, wait_until_shared

BEFORE_S = 2.0  # of quiet load before something is done
BETWEEN_S = 0.3
GIVE_UP_S = 30.0
LOOK_S = 0.05


async def slots_move(world: World, *, moves: int) -> Shown:
    """Each in turn key by key and whole, the partitions' slots one after the other."""
    shown = Shown("slots move")
    load = await world.load("moves")
    await asyncio.sleep(BEFORE_S)
    load.phase("moving")
    took = []
    for number in range(moves):
        slot = slot_of(keys.tag(number % PARTITIONS))
        began = time.monotonic()
        move = move_key_by_key if number % 2 else move_whole
        await asyncio.to_thread(move, world.cluster, slot)
        took.append(time.monotonic() - began)
        await asyncio.sleep(BETWEEN_S)
    shown.notes.append(f"{moves} moves, the longest {max(took):.1f} s")
    return await world.settle(shown, "moves", load)


async def master_is_lost(world: World, name: str, *, pause: bool = False) -> tuple[Shown, float]:
    """A master is lost for good and its replica takes over. Returns seconds in which its shoppers got 503.

    pause: it falls silent instead of ending, and comes back when it has been replaced.
    """
    shown = Shown(name)
    shop = name.replace(" ", "-")
    load = await world.load(shop)
    await asyncio.sleep(BEFORE_S)
    victim = world.cluster.master_of(slot_of(keys.tag(0)))
    lost = world.partitions_of(victim.port)
    load.phase("failover")
    began = time.monotonic()
    if pause:
        victim.pause()
    else:
        victim.kill()
    away_s = await _until_all_are_written(world, lost, began)
    if pause:
        victim.resume()
    else:
        victim.start()
    await asyncio.to_thread(world.cluster.wait_until_whole)
    shown.notes.append(f"{len(lost)} of {PARTITIONS} partitions away for {away_s:.1f} s")
    return await world.settle(shown, shop, load), away_s


async def _until_all_are_written(world: World, lost: list[int], began: float) -> float:
    """Seconds until every partition takes writes again, asked by the edge's own way to the store."""

    async def one(partition: int) -> float:
        while not await _is_written(world.redis, partition):
            if time.monotonic() - began > GIVE_UP_S:
                return GIVE_UP_S
            await asyncio.sleep(LOOK_S)
        return time.monotonic() - began

    return max(await asyncio.gather(*(one(partition) for partition in lost)))


async def _is_written(redis: Client, partition: int) -> bool:
    try:
        async with asyncio.timeout(0.5):
            return bool(await redis.set(keys.probe(partition), b"", ex=60))
    except (RedisError, OSError, TimeoutError):
        return False


async def worker_is_killed(world: World) -> tuple[Shown, float]:
    """One of two workers ends by kill -9 and stays away: seconds until the other owns everything."""
    shown = Shown("worker killed")
    load = await world.load("takeover")
    await wait_until_shared(world.system)
    victim, heir = world.system.workers
    victim.again = False
    began = time.monotonic()
    victim.kill()
    while await owned(heir) != PARTITIONS:
        if time.monotonic() - began > GIVE_UP_S:
            break
        await asyncio.sleep(LOOK_S)
    took = time.monotonic() - began
    shown.notes.append(f"all {PARTITIONS} partitions are the other's after {took:.1f} s")
    victim.start()
    await world.settle(shown, "takeover", load)
    await wait_until_shared(world.system)
    return shown, took


async def cluster_restarts(world: World) -> Shown:
    """All six nodes are stopped as an operator would, and started again."""
    shown = Shown("all stopped and started")
    load = await world.load("restart")
    await asyncio.sleep(BEFORE_S)
    load.phase("stopped")
    await asyncio.to_thread(world.cluster.stop)
    await asyncio.sleep(BEFORE_S)
    began = time.monotonic()
    await asyncio.to_thread(world.cluster.restart)
    for edge in world.system.edges:
        await edge.wait_until_ready()
    shown.notes.append(f"whole again {time.monotonic() - began:.1f} s after the start")
    return await world.settle(shown, "restart", load)
