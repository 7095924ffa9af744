"""A request driven without a task behaves as one with it: order, waiting, errors, cancelling, the end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from heimta.serving.light import Light


class Runs:
    """What was run: whoever is still at it, and what the loop was told of."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.at_it: set[Any] = set()
        self.told: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda loop, context: self.told.append(context))

    def start(self, coroutine: Coroutine[Any, None, None]) -> Light:
        return Light(coroutine, self.at_it, self.loop)

    async def end(self) -> None:
        async with asyncio.timeout(10):
            while self.at_it:
                await asyncio.sleep(0)


@pytest.fixture
async def runs() -> Runs:
    return Runs()


async def test_it_waits_for_futures_and_gives_up_its_turn(runs: Runs) -> None:
    event, future, seen = asyncio.Event(), runs.loop.create_future(), list[object]()

    async def work() -> None:
        seen.append("begun")
        await event.wait()
        seen.append("event")
        await asyncio.sleep(0)
        seen.append(await future)

    runs.start(work())
    assert seen == []  # it begins in a turn of its own, as a task does
    await asyncio.sleep(0)
    assert seen == ["begun"]
    event.set()
    future.set_result("future")
    await runs.end()
    assert seen == ["begun", "event", "future"] and runs.told == []


async def test_an_error_of_what_it_waits_for_is_raised_there(runs: Runs) -> None:
    future, seen = runs.loop.create_future(), list[str]()

    async def work() -> None:
        try:
            await future
        except OSError as error:
            seen.append(str(error))

    runs.start(work())
    await asyncio.sleep(0)
    future.set_exception(OSError("away"))
    await runs.end()
    assert seen == ["away"]


async def test_an_error_of_its_own_goes_to_the_loop(runs: Runs) -> None:
    async def work() -> None:
        raise KeyError("bug")

    runs.start(work())
    await runs.end()
    assert [type(told["exception"]) for told in runs.told] == [KeyError]


@pytest.mark.parametrize("steps", [0, 1, 2])
async def test_cancelled_it_hears_of_it_where_it_is(runs: Runs, steps: int) -> None:
    future, seen = runs.loop.create_future(), list[str]()

    async def work() -> None:
        seen.append("begun")
        try:
            await asyncio.sleep(0)
            await future
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    light = runs.start(work())
    for _ in range(steps):
        await asyncio.sleep(0)
    light.cancel("Task cancelled, timeout graceful shutdown exceeded")
    await runs.end()
    assert seen == ([] if steps == 0 else ["begun", "cancelled"])
    assert runs.told == []


async def test_a_cancellation_that_comes_with_the_result_is_not_lost(runs: Runs) -> None:
    future, seen = runs.loop.create_future(), list[str]()

    async def work() -> None:
        try:
            await future
            await runs.loop.create_future()
        except asyncio.CancelledError:
            seen.append("cancelled")

    light = runs.start(work())
    await asyncio.sleep(0)
    future.set_result(None)
    light.cancel()
    await runs.end()
    assert seen == ["cancelled"]
