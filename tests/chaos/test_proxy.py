"""The proxy's illnesses are what they are called."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError, RedisError, TimeoutError

from heimta.store.connect import Client, connect
from loadtest.chaos.moods import MOODS, STRICT, MoodyRedis
from loadtest.chaos.proxy import HEALTHY, Proxy, Toxics


@pytest.fixture
async def proxy(store_url: str, redis: Client) -> AsyncIterator[Proxy]:
    made = Proxy(Path(store_url.removeprefix("unix://")), seed=1)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def through(proxy: Proxy) -> AsyncIterator[Client]:
    client = connect(proxy.url, timeout_s=1.0)
    yield client
    await client.aclose()


async def test_a_cut_comes_after_the_command_was_executed(
    proxy: Proxy, through: Client, redis: Client
) -> None:
    await through.ping()
    proxy.toxics = Toxics(cut=1.0)
    with pytest.raises(ConnectionError):
        await through.incr("n")
    assert await redis.get("n") == b"1"
    proxy.toxics = HEALTHY
    assert await through.incr("n") == 2


async def test_half_an_answer_is_an_error(proxy: Proxy, through: Client) -> None:
    await through.set("long", "x" * 5000)
    proxy.toxics = Toxics(half=1.0)
    with pytest.raises(ConnectionError):
        await through.get("long")


async def test_a_black_hole_answers_nothing_and_keeps_the_connection(proxy: Proxy, through: Client) -> None:
    await through.ping()
    proxy.toxics = Toxics(blackhole=True)
    with pytest.raises(TimeoutError):
        await through.ping()


async def test_latency_is_felt_both_ways(proxy: Proxy, through: Client) -> None:
    await through.ping()
    proxy.toxics = Toxics(latency_s=0.05)
    began = time.monotonic()
    await through.ping()
    assert time.monotonic() - began >= 0.1


async def test_who_refuses_is_not_there_until_started_again(proxy: Proxy, through: Client) -> None:
    await through.ping()
    await proxy.refuse()
    with pytest.raises(ConnectionError):
        await through.ping()
    await proxy.start()
    assert await through.ping()


@pytest.mark.parametrize("mood", [mood for mood in MOODS if mood != "silent"])
async def test_each_mood_is_an_error(tmp_path: Path, mood: str) -> None:
    moody = MoodyRedis(tmp_path / "m")
    await moody.start()
    client = connect(f"unix://{tmp_path / 'm'}", timeout_s=1.0)
    moody.mood = mood
    try:
        with pytest.raises(RedisError):
            await client.set("a", "b")
    finally:
        await client.aclose()
        await moody.stop()
    assert moody.asked == 1 or mood in STRICT
